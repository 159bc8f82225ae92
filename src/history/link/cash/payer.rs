//! Who a payer is: by the account it has paid from before, or by its name.

use std::collections::BTreeMap;

use super::confidence::{ACCOUNT_OFTEN, ACCOUNT_ONCE, NAME_ALIKE, NAME_CUT, NAME_EQUAL};
use super::token::runs;
use super::words::is_legal_form;

/// Customers that a name or an account may stand for; with more it says nothing.
const CUSTOMERS_MAX: usize = 4;
/// Customers that share a word of their names; a commoner word tells nobody apart.
const CUSTOMERS_OF_WORD_MAX: usize = 64;
/// Letters of a name that a bank has cut off.
const CUT_CHARS_MIN: usize = 12;
/// Letters of a word that may stand for a whole name.
const LONE_WORD_CHARS_MIN: usize = 7;
/// Payments from which on an account is well known.
const OFTEN: u32 = 3;

/// Who may have paid.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Payer {
    /// Customers, by number; none where nobody knows.
    pub(super) customers: Vec<usize>,
    /// Probability that it is one of them.
    pub(super) probability: f64,
}

impl Payer {
    /// Returns the customer, if it can only be one.
    pub(super) fn only(&self) -> Option<usize> {
        match self.customers.as_slice() {
            [customer] => Some(*customer),
            _ => None,
        }
    }
}

/// The customers by their accounts and names.
#[derive(Debug, Default)]
pub(super) struct Payers<'k> {
    /// Payments of each customer from an account.
    accounts: BTreeMap<&'k str, BTreeMap<usize, u32>>,
    /// Customers of a name, its words in a row without blanks.
    names: BTreeMap<String, Vec<usize>>,
    /// Customers with a word in their name.
    words: BTreeMap<String, Vec<usize>>,
    /// Words of each customer's name, sorted.
    of_customer: BTreeMap<usize, Vec<String>>,
}

impl<'k> Payers<'k> {
    /// Notes the name of a customer.
    pub(super) fn add_name(&mut self, customer: usize, name: &str) {
        let mut words = words_of(name);
        if words.is_empty() {
            return;
        }
        self.names.entry(words.concat()).or_default().push(customer);
        words.sort_unstable();
        words.dedup();
        for word in &words {
            self.words.entry(word.clone()).or_default().push(customer);
        }
        self.of_customer.insert(customer, words);
    }

    /// Notes that a customer has paid from an account.
    pub(super) fn learn(&mut self, account: &'k str, customer: usize) {
        let customers = self.accounts.entry(account).or_default();
        let times = customers.entry(customer).or_default();
        *times = times.saturating_add(1);
    }

    /// Whether any customer has a name.
    pub(super) fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Returns who has paid, as far as account and name tell; the name as [`by_name`](Self::by_name) knows it.
    pub(super) fn who(&self, account: Option<&str>, by_name: Option<&Payer>) -> Payer {
        let by_account = account.and_then(|account| self.by_account(account));
        match (by_account, by_name.cloned()) {
            (Some(account), Some(name)) if are_apart(&account, &name) => {
                // Whose account it was may have changed, or one pays for another: both are possible.
                let mut customers = account.customers;
                customers.extend(name.customers);
                Payer {
                    customers,
                    probability: account.probability.min(name.probability),
                }
            }
            (Some(payer), _) | (None, Some(payer)) => payer,
            (None, None) => Payer::default(),
        }
    }

    fn by_account(&self, account: &str) -> Option<Payer> {
        let known = self.accounts.get(account)?;
        if known.len() > CUSTOMERS_MAX {
            return None;
        }
        let is_often = known.values().any(|times| *times >= OFTEN);
        Some(Payer {
            customers: known.keys().copied().collect(),
            probability: if is_often { ACCOUNT_OFTEN } else { ACCOUNT_ONCE },
        })
    }

    /// Returns whom a name may stand for. It depends on the customers alone, so that a name is asked for once.
    pub(super) fn by_name(&self, name: &str) -> Option<Payer> {
        let words = words_of(name);
        let whole = words.concat();
        if whole.is_empty() {
            return None;
        }
        let payer = |customers: Vec<usize>, probability| {
            let is_telling = !customers.is_empty() && customers.len() <= CUSTOMERS_MAX;
            is_telling.then_some(Payer {
                customers,
                probability,
            })
        };
        if let Some(customers) = self.names.get(&whole) {
            return payer(customers.clone(), NAME_EQUAL);
        }
        payer(self.cut_off(&whole), NAME_CUT).or_else(|| payer(self.alike(words), NAME_ALIKE))
    }

    /// Returns the customers whose names begin with this, or are the beginning of this.
    fn cut_off(&self, whole: &str) -> Vec<usize> {
        if whole.len() < CUT_CHARS_MIN {
            return Vec::new();
        }
        let longer = self.names.range(whole.to_owned()..);
        let mut customers: Vec<usize> = longer
            .take_while(|(name, _)| name.starts_with(whole))
            .take(CUSTOMERS_MAX + 1)
            .flat_map(|(_, customers)| customers.iter().copied())
            .collect();
        for end in CUT_CHARS_MIN..whole.len() {
            if let Some(more) = whole.get(..end).and_then(|head| self.names.get(head)) {
                customers.extend(more);
            }
        }
        customers.sort_unstable();
        customers.dedup();
        customers
    }

    /// Returns the customers whose words are all among these, or have all of these.
    fn alike(&self, mut words: Vec<String>) -> Vec<usize> {
        words.sort_unstable();
        words.dedup();
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for word in &words {
            let customers = self
                .words
                .get(word)
                .filter(|all| all.len() <= CUSTOMERS_OF_WORD_MAX);
            for customer in customers.into_iter().flatten() {
                *shared.entry(*customer).or_default() += 1;
            }
        }
        let is_alike = |customer: usize| {
            let Some(own) = self.of_customer.get(&customer) else {
                return false;
            };
            let (fewer, more) = if own.len() <= words.len() {
                (own, &words)
            } else {
                (&words, own)
            };
            let is_telling = match fewer.as_slice() {
                [word] => word.len() >= LONE_WORD_CHARS_MIN,
                _ => true,
            };
            is_telling && fewer.iter().all(|word| more.binary_search(word).is_ok())
        };
        shared
            .into_keys()
            .filter(|customer| is_alike(*customer))
            .collect()
    }
}

fn are_apart(one: &Payer, other: &Payer) -> bool {
    !one.customers
        .iter()
        .any(|customer| other.customers.contains(customer))
}

/// Returns the words of a name that tell it from others: without legal forms, and with `AE` and `Ä` alike.
fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = runs(name)
        .into_iter()
        .map(|run| without_umlauts(run.text))
        .collect();
    // A company may be called after its legal form, and nothing else.
    if words.iter().any(|word| !is_legal_form(word)) {
        words.retain(|word| !is_legal_form(word));
    }
    words
}

/// Returns the word with the vowel alone where an `E` stands for an umlaut.
fn without_umlauts(word: String) -> String {
    if word.contains('E') {
        word.replace("AE", "A").replace("OE", "O").replace("UE", "U")
    } else {
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payers() -> Payers<'static> {
        let mut payers = Payers::default();
        for (customer, name) in [
            "Müller & Söhne Maschinenbau GmbH",
            "Nordwind Logistik B.V.",
            "Nordwind Energie AG",
            "Hansen Handel A/S",
        ]
        .iter()
        .enumerate()
        {
            payers.add_name(customer, name);
        }
        payers
    }

    fn who(payers: &Payers<'_>, account: Option<&str>, name: Option<&str>) -> Payer {
        let by_name = name.and_then(|name| payers.by_name(name));
        payers.who(account, by_name.as_ref())
    }

    fn by_name(name: &str) -> Option<usize> {
        who(&payers(), None, Some(name)).only()
    }

    #[test]
    fn names_are_the_same_without_legal_forms_accents_and_points() {
        for name in [
            "MUELLER UND SOEHNE MASCHINENBAU GMBH",
            "Muller+Sohne Maschinenbau",
            "MULLER & SOHNE MASCHINENB",
            "Maschinenbau Müller Söhne",
        ] {
            assert_eq!(by_name(name), Some(0), "{name}");
        }
        assert_eq!(by_name("NORDWIND LOGISTIK BV"), Some(1));
        assert_eq!(by_name("HANSEN HANDEL AS"), Some(3));
    }

    #[test]
    fn a_name_that_may_be_two_customers_is_both_and_a_strange_one_nobody() {
        assert_eq!(who(&payers(), None, Some("NORDWIND")).customers, [1, 2]);
        assert_eq!(who(&payers(), None, Some("Hansen")), Payer::default());
        assert_eq!(who(&payers(), None, Some("Finanzamt Mitte")), Payer::default());
        assert_eq!(who(&payers(), None, Some(" ./. ")), Payer::default());
    }

    #[test]
    fn an_account_says_as_much_as_a_name() {
        let mut payers = payers();
        payers.learn("ab12", 3);
        assert_eq!(who(&payers, Some("ab12"), Some("Bank AG")).only(), Some(3));
        assert_eq!(
            who(&payers, Some("ab12"), Some("Nordwind Energie")).customers,
            [3, 2]
        );
        assert_eq!(
            who(&payers, Some("ffff"), Some("Nordwind Energie")).only(),
            Some(2)
        );
        payers.learn("ab12", 2);
        assert_eq!(who(&payers, Some("ab12"), None).customers, [2, 3]);
    }
}
