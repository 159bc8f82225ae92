//! UN/CEFACT Cross Industry Invoices, and the first ZUGFeRD, whose elements have other names.

use crate::domain::date::parse_iso;
use crate::domain::terms::Percent;
use crate::source::xml::Node;

use super::amount::Decimal;
use super::document::Written;
use super::party::{Party, vat_id};
use super::terms::{Offer, percent};

/// Names that differ between the versions.
pub(super) struct Names {
    header: &'static str,
    transaction: &'static str,
    agreement: &'static str,
    settlement: &'static str,
    totals: &'static str,
}

/// The version of EN 16931 (D16B and later).
pub(super) const CROSS_INDUSTRY_INVOICE: Names = Names {
    header: "ExchangedDocument",
    transaction: "SupplyChainTradeTransaction",
    agreement: "ApplicableHeaderTradeAgreement",
    settlement: "ApplicableHeaderTradeSettlement",
    totals: "SpecifiedTradeSettlementHeaderMonetarySummation",
};

/// The version of ZUGFeRD 1.0.
pub(super) const ZUGFERD_1: Names = Names {
    header: "HeaderExchangedDocument",
    transaction: "SpecifiedSupplyChainTradeTransaction",
    agreement: "ApplicableSupplyChainTradeAgreement",
    settlement: "ApplicableSupplyChainTradeSettlement",
    totals: "SpecifiedTradeSettlementMonetarySummation",
};

/// Reads the element `CrossIndustryInvoice` or `CrossIndustryDocument`.
pub(super) fn read(root: &Node, names: &Names) -> Written {
    let nothing = Node::default();
    let header = root.child(names.header).unwrap_or(&nothing);
    let transaction = root.child(names.transaction).unwrap_or(&nothing);
    let agreement = transaction.child(names.agreement).unwrap_or(&nothing);
    let settlement = transaction.child(names.settlement).unwrap_or(&nothing);
    let totals = settlement.child(names.totals).unwrap_or(&nothing);
    let currency = text(settlement, "InvoiceCurrencyCode");
    let issue_date = date(header.at("IssueDateTime/DateTimeString"));
    let terms: Vec<&Node> = settlement.children("SpecifiedTradePaymentTerms").collect();
    let notes: Vec<&str> = terms
        .iter()
        .flat_map(|terms| terms.children("Description"))
        .map(|note| note.text.trim())
        .collect();
    let offers = terms
        .iter()
        .flat_map(|terms| terms.children("ApplicableTradePaymentDiscountTerms"))
        .filter_map(|discount| offer(discount, &issue_date))
        .collect();
    let against = settlement
        .children("InvoiceReferencedDocument")
        .map(reference_number)
        .collect();
    Written {
        number: text(header, "ID"),
        type_code: text(header, "TypeCode"),
        is_credit_note: false,
        due_date: due_date(&terms),
        issue_date,
        gross: amount(totals, "GrandTotalAmount", &currency),
        payable: amount(totals, "DuePayableAmount", &currency),
        prepaid: amount(totals, "TotalPrepaidAmount", &currency),
        currency,
        seller: agreement.child("SellerTradeParty").map(party).unwrap_or_default(),
        buyer: agreement.child("BuyerTradeParty").map(party).unwrap_or_default(),
        terms: notes.join("\n"),
        offers,
        payment_reference: text(settlement, "PaymentReference"),
        payment_means: text(settlement, "SpecifiedTradeSettlementPaymentMeans/TypeCode"),
        against,
        purchase_order: agreement
            .child("BuyerOrderReferencedDocument")
            .map(reference_number)
            .unwrap_or_default(),
    }
}

/// The day by which all is due: the last one where the invoice is to be paid in parts.
fn due_date(terms: &[&Node]) -> String {
    terms
        .iter()
        .map(|terms| date(terms.at("DueDateDateTime/DateTimeString")))
        .max()
        .unwrap_or_default()
}

/// A discount that has fields of its own.
fn offer(node: &Node, issue_date: &str) -> Option<Offer> {
    let percent: Percent = percent(node.text_at("CalculationPercent")?)?;
    let measure = node.child("BasisPeriodMeasure")?;
    let days_of_one = match measure.attribute("unitCode") {
        Some("DAY") | None => 1,
        Some("WEE") => 7,
        // A month has no fixed number of days.
        Some(_) => return None,
    };
    let count = Decimal::parse(&measure.text)?.hundredths().checked_div(100)?;
    let mut days = i64::try_from(count).ok()?.checked_mul(days_of_one)?;
    // The days may count from another date than that of the invoice.
    let start = date(node.at("BasisDateTime/DateTimeString"));
    if let (Ok(start), Ok(issued)) = (parse_iso(&start), parse_iso(issue_date)) {
        days = days.checked_add(start.signed_duration_since(issued).num_days())?;
    }
    Some(Offer {
        days: u16::try_from(days).ok()?,
        percent,
        basis: node.text_at("BasisAmount").and_then(Decimal::parse),
    })
}

fn party(node: &Node) -> Party {
    let given_id = ["ID", "GlobalID"]
        .iter()
        .find_map(|name| node.text_at(name))
        .unwrap_or_default();
    let vat = node
        .children("SpecifiedTaxRegistration")
        .filter_map(|registration| registration.child("ID"))
        .find(|id| id.attribute("schemeID") == Some("VA"))
        .map(|id| vat_id(&id.text));
    let endpoint = node.at("URIUniversalCommunication/URIID");
    Party {
        name: text(node, "Name"),
        country: text(node, "PostalTradeAddress/CountryID"),
        given_id: given_id.to_owned(),
        legal_id: text(node, "SpecifiedLegalOrganization/ID"),
        vat_id: vat.unwrap_or_default(),
        endpoint: endpoint.map(|id| id.text.trim().to_owned()).unwrap_or_default(),
        endpoint_scheme: endpoint
            .and_then(|id| id.attribute("schemeID"))
            .unwrap_or_default()
            .to_owned(),
    }
}

fn text(node: &Node, path: &str) -> String {
    node.text_at(path).unwrap_or_default().to_owned()
}

fn reference_number(node: &Node) -> String {
    ["IssuerAssignedID", "ID"]
        .iter()
        .find_map(|name| node.text_at(name))
        .unwrap_or_default()
        .to_owned()
}

/// An amount in the currency of the document, where it is given in several; with another currency it keeps that
/// behind it, so that nobody takes it for a number.
fn amount(totals: &Node, name: &str, currency: &str) -> String {
    let is_ours = |node: &&Node| node.attribute("currencyID").is_none_or(|own| own == currency);
    if let Some(node) = totals.children(name).find(is_ours) {
        return node.text.trim().to_owned();
    }
    totals.child(name).map_or_else(String::new, |node| {
        let own = node.attribute("currencyID").unwrap_or_default();
        format!("{} {own}", node.text.trim())
    })
}

/// A date in format 102, `20260131`; any other stays as it is written.
fn date(node: Option<&Node>) -> String {
    let Some(node) = node else {
        return String::new();
    };
    let digits = node.text.trim();
    let is_day = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    match node.attribute("format") {
        Some("102") | None if is_day => {
            let (year, rest) = digits.split_at(4);
            let (month, day) = rest.split_at(2);
            format!("{year}-{month}-{day}")
        }
        Some(_) | None => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(name: &str, attribute: (&str, &str), text: &str) -> Node {
        Node {
            name: name.to_owned(),
            attributes: vec![(attribute.0.to_owned(), attribute.1.to_owned())],
            text: text.to_owned(),
            children: Vec::new(),
        }
    }

    fn discount(children: Vec<Node>) -> Node {
        Node {
            name: "ApplicableTradePaymentDiscountTerms".to_owned(),
            children,
            ..Node::default()
        }
    }

    #[test]
    fn dates_of_format_102_become_iso() {
        let day = leaf("DateTimeString", ("format", "102"), " 20260131 ");
        assert_eq!(date(Some(&day)), "2026-01-31");
        let month = leaf("DateTimeString", ("format", "610"), "202601");
        assert_eq!(date(Some(&month)), "202601");
        assert_eq!(date(None), "");
    }

    #[test]
    fn weeks_are_days_and_months_are_not() {
        let terms = |unit, count| {
            discount(vec![
                leaf("BasisPeriodMeasure", ("unitCode", unit), count),
                leaf("CalculationPercent", ("", ""), "2.0000"),
            ])
        };
        let days = |unit, count| offer(&terms(unit, count), "2026-01-31").map(|offer| offer.days);
        assert_eq!(days("DAY", "14"), Some(14));
        assert_eq!(days("WEE", "2"), Some(14));
        assert_eq!(days("MON", "1"), None);
        assert_eq!(days("DAY", "-1"), None);
    }

    #[test]
    fn an_amount_is_taken_in_the_currency_of_the_document() {
        let totals = discount(vec![
            leaf("GrandTotalAmount", ("currencyID", "USD"), "110.00"),
            leaf("GrandTotalAmount", ("currencyID", "EUR"), "100.00"),
            leaf("DuePayableAmount", ("currencyID", "USD"), "110.00"),
        ]);
        assert_eq!(amount(&totals, "GrandTotalAmount", "EUR"), "100.00");
        assert_eq!(amount(&totals, "DuePayableAmount", "EUR"), "110.00 USD");
        assert_eq!(amount(&totals, "TotalPrepaidAmount", "EUR"), "");
    }
}
