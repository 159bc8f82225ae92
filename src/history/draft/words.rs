//! The headings that exports use, by what they mean.

use std::collections::BTreeMap;

use super::shape::{Column, Shape};

/// Letters that a heading must share with a word at least, when it has more than the word.
const PART_LETTERS: usize = 5;

/// What a column may be for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    InvoiceId,
    InvoiceDate,
    DueDate,
    Amount,
    OpenAmount,
    Currency,
    PaidDate,
    PaidAmount,
    PaymentId,
    CustomerId,
    CustomerName,
    Country,
    Entity,
    PaymentTerms,
    /// Days from the invoice to its due date.
    NetDays,
    PaymentReference,
}

impl Meaning {
    /// Every meaning, in the order in which columns are given away.
    const ALL: [Self; 16] = [
        Self::InvoiceId,
        Self::InvoiceDate,
        Self::DueDate,
        Self::Amount,
        Self::OpenAmount,
        Self::Currency,
        Self::PaidDate,
        Self::PaidAmount,
        Self::PaymentId,
        Self::CustomerId,
        Self::CustomerName,
        Self::Country,
        Self::Entity,
        Self::PaymentTerms,
        Self::NetDays,
        Self::PaymentReference,
    ];

    /// Its name in the table of words.
    fn name(self) -> &'static str {
        match self {
            Self::InvoiceId => "invoice_id",
            Self::InvoiceDate => "invoice_date",
            Self::DueDate => "due_date",
            Self::Amount => "amount",
            Self::OpenAmount => "open_amount",
            Self::Currency => "currency",
            Self::PaidDate => "paid_date",
            Self::PaidAmount => "paid_amount",
            Self::PaymentId => "payment_id",
            Self::CustomerId => "customer_id",
            Self::CustomerName => "customer_name",
            Self::Country => "country",
            Self::Entity => "entity",
            Self::PaymentTerms => "payment_terms",
            Self::NetDays => "net_days",
            Self::PaymentReference => "payment_reference",
        }
    }

    /// Whether cells of that shape can mean it.
    fn allows(self, shape: &Shape) -> bool {
        match self {
            Self::InvoiceDate | Self::DueDate | Self::PaidDate => matches!(shape, Shape::Date(_)),
            Self::Amount | Self::OpenAmount | Self::PaidAmount => matches!(shape, Shape::Number(_)),
            Self::NetDays => matches!(shape, Shape::Number(number) if number.is_plain),
            Self::Currency => matches!(shape, Shape::Currency),
            Self::CustomerName | Self::Country | Self::PaymentTerms => matches!(shape, Shape::Text),
            Self::InvoiceId | Self::PaymentId | Self::CustomerId | Self::Entity | Self::PaymentReference => {
                match shape {
                    Shape::Text | Shape::Currency => true,
                    Shape::Number(number) => number.is_plain,
                    Shape::Date(_) | Shape::Empty => false,
                }
            }
        }
    }
}

/// The table of words.
#[derive(Debug)]
pub(super) struct Words {
    by_meaning: BTreeMap<Meaning, Vec<(String, String)>>,
}

impl Words {
    /// Reads the table that is compiled in.
    pub(super) fn read() -> Self {
        let table: BTreeMap<String, Vec<String>> =
            toml::from_str(include_str!("words.toml")).expect("a test reads the table of words");
        let words = |meaning: Meaning| {
            let words = table.get(meaning.name()).cloned().unwrap_or_default();
            words
                .into_iter()
                .map(|word| (plain(&word), word))
                .collect::<Vec<_>>()
        };
        Self {
            by_meaning: Meaning::ALL
                .into_iter()
                .map(|meaning| (meaning, words(meaning)))
                .collect(),
        }
    }

    /// What is looked for in order to find the header of a file: the words of each meaning.
    pub(super) fn wanted(&self) -> Vec<Vec<Vec<String>>> {
        let columns = self.by_meaning.values().map(|words| {
            let words = words.iter().map(|(_, word)| word.clone());
            words.collect::<Vec<String>>()
        });
        vec![columns.collect()]
    }

    /// Whether a heading is one of the words.
    pub(super) fn knows(&self, heading: &str) -> bool {
        let heading = plain(heading);
        let mut all = self.by_meaning.values().flatten();
        all.any(|(word, _)| *word == heading)
    }

    /// Gives columns their meanings: by the whole heading first, then by a part of it, then by the cells.
    pub(super) fn assign(&self, columns: &[Column]) -> BTreeMap<Meaning, usize> {
        let headings: Vec<String> = columns.iter().map(|column| plain(&column.name)).collect();
        let mut given: BTreeMap<Meaning, usize> = BTreeMap::new();
        for is_whole in [true, false] {
            for (meaning, words) in &self.by_meaning {
                if given.contains_key(meaning) {
                    continue;
                }
                let is_free = |place: usize| {
                    let column = columns.get(place);
                    let fits = column.is_some_and(|column| column.is_usable && meaning.allows(&column.shape));
                    fits && !given.values().any(|taken| *taken == place)
                };
                let found = words.iter().find_map(|(word, _)| {
                    let is_meant = |heading: &String| {
                        if is_whole {
                            heading == word
                        } else {
                            word.chars().count() >= PART_LETTERS && heading.contains(word.as_str())
                        }
                    };
                    headings
                        .iter()
                        .enumerate()
                        .find(|&(place, heading)| is_meant(heading) && is_free(place))
                        .map(|(place, _)| place)
                });
                if let Some(place) = found {
                    given.insert(*meaning, place);
                }
            }
        }
        by_cells(columns, &mut given);
        given
    }
}

/// The only column of currency codes is the currency, whatever its heading.
fn by_cells(columns: &[Column], given: &mut BTreeMap<Meaning, usize>) {
    if given.contains_key(&Meaning::Currency) {
        return;
    }
    let mut codes = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.is_usable && matches!(column.shape, Shape::Currency))
        .map(|(place, _)| place)
        .filter(|place| !given.values().any(|taken| taken == place));
    if let (Some(only), None) = (codes.next(), codes.next()) {
        given.insert(Meaning::Currency, only);
    }
}

/// A heading without capitals, accents and everything but letters and digits.
fn plain(heading: &str) -> String {
    let mut plain = String::with_capacity(heading.len());
    for letter in heading.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' => plain.push_str("ae"),
            'ö' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'à' | 'á' | 'â' => plain.push('a'),
            'è' | 'é' | 'ê' | 'ë' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ò' | 'ó' | 'ô' => plain.push('o'),
            'ù' | 'ú' | 'û' => plain.push('u'),
            'ñ' => plain.push('n'),
            'ç' => plain.push('c'),
            letter if letter.is_alphanumeric() => plain.push(letter),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_words_has_every_meaning_and_no_other() {
        let table: BTreeMap<String, Vec<String>> = toml::from_str(include_str!("words.toml")).unwrap();
        let mut names: Vec<&str> = Meaning::ALL.iter().map(|meaning| meaning.name()).collect();
        names.sort_unstable();
        assert_eq!(table.keys().map(String::as_str).collect::<Vec<_>>(), names);
        assert!(Words::read().by_meaning.values().all(|words| !words.is_empty()));
    }

    #[test]
    fn headings_are_compared_without_capitals_accents_and_marks() {
        for (heading, expected) in [
            ("Fällig am", "faelligam"),
            ("FAELLIG_AM", "faelligam"),
            ("Nº Factura", "nºfactura"),
            ("Date d'échéance", "datedecheance"),
        ] {
            assert_eq!(plain(heading), expected);
        }
        assert!(Words::read().knows("date_d_echeance"));
        assert!(!Words::read().knows("Sachbearbeiter"));
    }
}
