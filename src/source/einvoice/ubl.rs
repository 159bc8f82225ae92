//! UBL 2.1 invoices and credit notes.

use crate::domain::date::parse_iso;
use crate::source::xml::Node;

use super::document::Written;
use super::party::{Party, vat_id};

/// Reads the element `Invoice` or `CreditNote`.
pub(super) fn read(root: &Node, is_credit_note: bool) -> Written {
    let currency = text(root, "DocumentCurrencyCode");
    let code = if is_credit_note {
        "CreditNoteTypeCode"
    } else {
        "InvoiceTypeCode"
    };
    let type_code = match text(root, code) {
        // Plain UBL does not ask for the code; the element says enough.
        missing if missing.is_empty() && !is_credit_note => "380".to_owned(),
        given => given,
    };
    let total = |name: &str| amount(root.child("LegalMonetaryTotal"), name, &currency);
    let terms: Vec<&str> = root
        .children("PaymentTerms")
        .flat_map(|terms| terms.children("Note"))
        .map(|note| note.text.trim())
        .collect();
    let against = root
        .children("BillingReference")
        .map(|reference| text(reference, "InvoiceDocumentReference/ID"))
        .collect();
    Written {
        number: text(root, "ID"),
        type_code,
        is_credit_note,
        issue_date: date(&text(root, "IssueDate")),
        due_date: due_date(root),
        gross: total("TaxInclusiveAmount"),
        payable: total("PayableAmount"),
        prepaid: total("PrepaidAmount"),
        currency,
        seller: root
            .at("AccountingSupplierParty/Party")
            .map(party)
            .unwrap_or_default(),
        buyer: root
            .at("AccountingCustomerParty/Party")
            .map(party)
            .unwrap_or_default(),
        terms: terms.join("\n"),
        offers: Vec::new(),
        payment_reference: text(root, "PaymentMeans/PaymentID"),
        payment_means: text(root, "PaymentMeans/PaymentMeansCode"),
        against,
        purchase_order: text(root, "OrderReference/ID"),
    }
}

/// The due date (BT-9): an invoice has it itself, a credit note with its means of payment.
fn due_date(root: &Node) -> String {
    [
        "DueDate",
        "PaymentMeans/PaymentDueDate",
        "PaymentTerms/PaymentDueDate",
    ]
    .iter()
    .map(|path| date(&text(root, path)))
    .find(|date| !date.is_empty())
    .unwrap_or_default()
}

fn party(node: &Node) -> Party {
    // The identifier of a creditor in SEPA direct debits stands among those of the party.
    let given_id = node
        .children("PartyIdentification")
        .filter_map(|identification| identification.child("ID"))
        .find(|id| id.attribute("schemeID") != Some("SEPA"))
        .map(|id| id.text.trim().to_owned());
    let vat = node
        .children("PartyTaxScheme")
        .find(|scheme| scheme.text_at("TaxScheme/ID").is_none_or(|id| id == "VAT"))
        .map(|scheme| vat_id(&text(scheme, "CompanyID")));
    let name = match text(node, "PartyLegalEntity/RegistrationName") {
        missing if missing.is_empty() => text(node, "PartyName/Name"),
        name => name,
    };
    let endpoint = node.child("EndpointID");
    Party {
        name,
        country: text(node, "PostalAddress/Country/IdentificationCode"),
        given_id: given_id.unwrap_or_default(),
        legal_id: text(node, "PartyLegalEntity/CompanyID"),
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

/// An amount; with its currency behind it when that is not the document's, so that nobody takes it for a number.
fn amount(totals: Option<&Node>, name: &str, currency: &str) -> String {
    let Some(node) = totals.and_then(|totals| totals.child(name)) else {
        return String::new();
    };
    let number = node.text.trim();
    match node.attribute("currencyID") {
        Some(own) if own != currency => format!("{number} {own}"),
        Some(_) | None => number.to_owned(),
    }
}

/// A date of XML Schema without its time zone: `2026-01-31`, `2026-01-31Z`, `2026-01-31+01:00`.
fn date(text: &str) -> String {
    let Some((day, zone)) = text.split_at_checked(10) else {
        return text.to_owned();
    };
    let is_zone = zone.is_empty() || zone == "Z" || (zone.len() == 6 && zone.starts_with(['+', '-']));
    if is_zone && parse_iso(day).is_ok() {
        day.to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_lose_their_time_zone_and_nothing_else() {
        for (text, expected) in [
            ("2026-01-31", "2026-01-31"),
            ("2026-01-31Z", "2026-01-31"),
            ("2026-01-31+01:00", "2026-01-31"),
            ("2026-01-31T00:00:00", "2026-01-31T00:00:00"),
            ("2026-02-30", "2026-02-30"),
            ("31.1.26", "31.1.26"),
            ("", ""),
        ] {
            assert_eq!(date(text), expected);
        }
    }
}
