//! One e-invoice as a row: what both vocabularies say, in the same columns.

use crate::domain::date::parse_iso;

use super::amount::Decimal;
use super::party::Party;
use super::terms::{self, Offer};

/// The columns of the sheet.
pub(super) const COLUMNS: [&str; 21] = [
    "number",
    "document_type",
    "issue_date",
    "due_date",
    "due_date_source",
    "currency",
    "gross_amount",
    "payable_amount",
    "prepaid_amount",
    "seller_name",
    "seller_id",
    "buyer_id",
    "buyer_name",
    "buyer_country",
    "buyer_type",
    "payment_terms",
    "discounts",
    "payment_reference",
    "payment_means",
    "against_invoice",
    "purchase_order",
];

/// Codes of credit notes in the list of document types (UNTDID 1001) that EN 16931 allows.
const CREDIT_NOTES: &[&str] = &[
    "81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532",
];
/// Invoices over a down payment, also one that the buyer writes.
const DOWN_PAYMENTS: &[&str] = &["386", "500"];
/// Nothing is owed on a pro forma invoice.
const PRO_FORMA: &str = "325";
/// The other codes that EN 16931 allows: invoices, partial and corrected and self-billed ones among them.
const INVOICES: &[&str] = &[
    "71", "80", "82", "84", "102", "130", "202", "203", "204", "211", "218", "219", "295", "326", "331",
    "380", "382", "383", "384", "385", "387", "388", "389", "390", "393", "394", "395", "456", "457", "471",
    "472", "473", "501", "527", "553", "575", "623", "633", "751", "780", "817", "870", "875", "876", "877",
    "935",
];

/// What a document says, as it is written there; what is not there is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    pub(super) number: String,
    /// BT-3, a code of UNTDID 1001.
    pub(super) type_code: String,
    /// Whether the document is a credit note whatever its code.
    pub(super) is_credit_note: bool,
    /// ISO, as far as it is a date.
    pub(super) issue_date: String,
    /// ISO, as far as it is a date.
    pub(super) due_date: String,
    pub(super) currency: String,
    /// BT-112.
    pub(super) gross: String,
    /// BT-115.
    pub(super) payable: String,
    /// BT-113.
    pub(super) prepaid: String,
    pub(super) seller: Party,
    pub(super) buyer: Party,
    /// BT-20, with its line breaks.
    pub(super) terms: String,
    /// Discounts that have fields of their own.
    pub(super) offers: Vec<Offer>,
    /// BT-83.
    pub(super) payment_reference: String,
    /// BT-81, a code of UNTDID 4461.
    pub(super) payment_means: String,
    /// BT-25, every one.
    pub(super) against: Vec<String>,
    /// BT-13.
    pub(super) purchase_order: String,
}

impl Written {
    /// Returns the row, a cell for each of [`COLUMNS`].
    pub(super) fn cells(&self) -> Vec<String> {
        let payable = Decimal::parse(&self.payable);
        // An invoice over less than nothing is a credit note, and a credit note taken back is owed again.
        let is_turned = payable.is_some_and(Decimal::is_negative);
        let amount = |text: &str| match Decimal::parse(text) {
            Some(number) if is_turned => number.negated().to_string(),
            Some(number) => number.to_string(),
            None => one_line(text),
        };
        let issued = parse_iso(&self.issue_date).ok();
        let given = parse_iso(&self.due_date).ok();
        let agreed = terms::read(&self.terms, &self.offers, issued, given, payable);
        let (due_date, due_date_source) = match agreed.due_date {
            _ if !self.due_date.is_empty() => (self.due_date.clone(), "given"),
            Some(date) => (date.to_string(), "terms"),
            None => (String::new(), "none"),
        };
        vec![
            one_line(&self.number),
            self.document_type(is_turned),
            self.issue_date.clone(),
            due_date,
            due_date_source.to_owned(),
            self.currency.clone(),
            amount(&self.gross),
            amount(&self.payable),
            amount(&self.prepaid),
            one_line(&self.seller.name),
            self.seller.seller_id(),
            self.buyer.buyer_id(),
            one_line(&self.buyer.name),
            self.buyer.country.clone(),
            self.buyer.party_type().to_owned(),
            one_line(&self.terms),
            agreed.discounts_text(),
            one_line(&self.payment_reference),
            self.payment_means.clone(),
            self.only_reference(),
            one_line(&self.purchase_order),
        ]
    }

    /// The ledger's word for the kind of document; an unknown code stays, so that a profile can refuse it.
    fn document_type(&self, is_turned: bool) -> String {
        let code = self.type_code.as_str();
        let is_down_payment = DOWN_PAYMENTS.contains(&code);
        let is_credit_note = self.is_credit_note || CREDIT_NOTES.contains(&code);
        if code == PRO_FORMA {
            return "pro_forma".to_owned();
        }
        if !is_credit_note && !is_down_payment && !INVOICES.contains(&code) {
            let unknown = if code.is_empty() { "unknown" } else { code };
            return unknown.to_owned();
        }
        let word = match (is_credit_note != is_turned, is_down_payment) {
            (true, _) => "credit_note",
            (false, true) => "down_payment",
            (false, false) => "invoice",
        };
        word.to_owned()
    }

    /// The invoice it refers to, if it is one; a credit note over several is on account.
    fn only_reference(&self) -> String {
        let mut numbers: Vec<String> = self
            .against
            .iter()
            .map(|number| one_line(number))
            .filter(|number| !number.is_empty())
            .collect();
        numbers.sort();
        numbers.dedup();
        match <[String; 1]>::try_from(numbers) {
            Ok([only]) => only,
            Err(_) => String::new(),
        }
    }
}

/// A text in one line, with single blanks.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(written: &Written, column: &str) -> String {
        let place = COLUMNS.iter().position(|name| *name == column);
        written.cells()[place.expect("it is a column")].clone()
    }

    fn written(type_code: &str, payable: &str) -> Written {
        Written {
            type_code: type_code.to_owned(),
            payable: payable.to_owned(),
            gross: "119.00".to_owned(),
            ..Written::default()
        }
    }

    #[test]
    fn every_column_has_its_cell() {
        assert_eq!(Written::default().cells().len(), COLUMNS.len());
    }

    #[test]
    fn codes_become_the_words_of_the_ledger() {
        for (code, payable, expected) in [
            ("380", "119.00", "invoice"),
            ("384", "119.00", "invoice"),
            ("389", "119.00", "invoice"),
            ("326", "119.00", "invoice"),
            ("386", "119.00", "down_payment"),
            ("381", "119.00", "credit_note"),
            ("261", "119.00", "credit_note"),
            ("325", "119.00", "pro_forma"),
            ("380", "-119.00", "credit_note"),
            ("384", "-119.00", "credit_note"),
            ("381", "-119.00", "invoice"),
            ("999", "119.00", "999"),
            ("", "119.00", "unknown"),
        ] {
            assert_eq!(
                cell(&written(code, payable), "document_type"),
                expected,
                "{code} {payable}"
            );
        }
        let credit_note = Written {
            is_credit_note: true,
            ..written("", "1.00")
        };
        assert_eq!(cell(&credit_note, "document_type"), "credit_note");
    }

    #[test]
    fn a_negative_document_is_turned_with_all_its_amounts() {
        let document = Written {
            gross: "-119.00".to_owned(),
            ..written("380", "-100.50")
        };
        assert_eq!(cell(&document, "payable_amount"), "100.5");
        assert_eq!(cell(&document, "gross_amount"), "119");
        assert_eq!(cell(&document, "prepaid_amount"), "");
    }

    #[test]
    fn what_is_no_amount_stays_as_it_is_written() {
        assert_eq!(cell(&written("380", "1,5 EUR"), "payable_amount"), "1,5 EUR");
    }

    #[test]
    fn a_document_refers_to_one_invoice_or_to_none() {
        let mut document = written("381", "1.00");
        document.against = vec!["R1".to_owned(), " R1 ".to_owned(), String::new()];
        assert_eq!(cell(&document, "against_invoice"), "R1");
        document.against.push("R2".to_owned());
        assert_eq!(cell(&document, "against_invoice"), "");
    }
}
