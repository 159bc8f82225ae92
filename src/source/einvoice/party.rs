//! Seller and buyer of an e-invoice.

use super::document::one_line;

/// Scheme of the German Leitweg-ID in the list of identifier schemes: only public bodies have one.
const LEITWEG_ID: &str = "0204";

/// A party as the document names it; what is not there is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Party {
    pub(super) name: String,
    pub(super) country: String,
    /// Number that one party gave the other (BT-29, BT-46), or a global one.
    pub(super) given_id: String,
    /// Registration of the company (BT-30, BT-47).
    pub(super) legal_id: String,
    /// VAT identifier (BT-31, BT-48).
    pub(super) vat_id: String,
    /// Electronic address (BT-34, BT-49) and its scheme.
    pub(super) endpoint: String,
    pub(super) endpoint_scheme: String,
}

impl Party {
    /// What tells one seller from another: an entity of ours.
    pub(super) fn seller_id(&self) -> String {
        first_of([
            &self.vat_id,
            &self.legal_id,
            &self.given_id,
            &self.endpoint,
            &self.name,
        ])
    }

    /// What tells one buyer from another: the number we gave it, before what authorities gave it.
    pub(super) fn buyer_id(&self) -> String {
        first_of([
            &self.given_id,
            &self.vat_id,
            &self.legal_id,
            &self.endpoint,
            &self.name,
        ])
    }

    /// The ledger's word for what kind of party it is, where the document shows it: a VAT identifier alone does not,
    /// sole traders have one too.
    pub(super) fn party_type(&self) -> &'static str {
        if self.endpoint_scheme == LEITWEG_ID {
            "public_body"
        } else if self.legal_id.is_empty() {
            ""
        } else {
            "legal_entity"
        }
    }
}

/// A VAT identifier is written with and without blanks.
pub(super) fn vat_id(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_uppercase()
}

fn first_of(ids: [&str; 5]) -> String {
    ids.into_iter()
        .map(one_line)
        .find(|id| !id.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buyer_goes_by_our_number_and_a_seller_by_its_vat_identifier() {
        let mut party = Party {
            name: "Nordwind  GmbH".to_owned(),
            vat_id: vat_id("de 123 456 782"),
            given_id: "K-77".to_owned(),
            ..Party::default()
        };
        assert_eq!(
            (party.buyer_id().as_str(), party.seller_id().as_str()),
            ("K-77", "DE123456782")
        );
        party.given_id.clear();
        party.vat_id.clear();
        assert_eq!(party.buyer_id(), "Nordwind GmbH");
    }

    #[test]
    fn a_leitweg_id_is_a_public_body_and_a_registration_a_legal_entity() {
        let mut party = Party::default();
        assert_eq!(party.party_type(), "");
        party.legal_id = "HRB 1".to_owned();
        assert_eq!(party.party_type(), "legal_entity");
        party.endpoint_scheme = "0204".to_owned();
        assert_eq!(party.party_type(), "public_body");
    }
}
