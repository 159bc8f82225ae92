//! Words that say nothing of whom or of what a text speaks.

/// Letters that may stand right before a number without being part of it; sorted.
const LEAD_WORDS: &[&str] = &[
    "BELEG",
    "BELEGNR",
    "DOC",
    "F",
    "FA",
    "FACT",
    "FACTURE",
    "FACTUUR",
    "FAKTURA",
    "FATTURA",
    "FV",
    "INV",
    "INVNO",
    "INVOICE",
    "NO",
    "NR",
    "R",
    "RCHG",
    "RE",
    "RECH",
    "RECHNG",
    "RECHNR",
    "RECHNUNG",
    "RECHNUNGSNR",
    "REF",
    "RENR",
    "RG",
    "RGNR",
    "RN",
    "RNR",
];

/// Words that say what kind of company it is, not which; sorted.
const LEGAL_FORMS: &[&str] = &[
    "A",
    "AB",
    "AG",
    "AND",
    "APS",
    "AS",
    "ASA",
    "B",
    "BV",
    "CO",
    "COMPANY",
    "CORP",
    "CORPORATION",
    "DE",
    "DER",
    "DIE",
    "DOO",
    "E",
    "EG",
    "EK",
    "ET",
    "EV",
    "GBR",
    "GESELLSCHAFT",
    "GMBH",
    "GROUP",
    "GRUPPE",
    "HOLDING",
    "INC",
    "INCORPORATED",
    "K",
    "KFT",
    "KG",
    "KGA",
    "KGAA",
    "KS",
    "L",
    "LA",
    "LE",
    "LIMITED",
    "LLC",
    "LLP",
    "LTD",
    "MBH",
    "N",
    "NV",
    "O",
    "OG",
    "OHG",
    "OY",
    "OYJ",
    "P",
    "PLC",
    "PTY",
    "PVBA",
    "R",
    "S",
    "SA",
    "SARL",
    "SAS",
    "SE",
    "SL",
    "SNC",
    "SP",
    "SPA",
    "SPRL",
    "SRL",
    "SRO",
    "THE",
    "U",
    "UAB",
    "UG",
    "UND",
    "V",
    "VOF",
    "Y",
    "Z",
    "ZOO",
];

/// Whether letters may stand right before a number without being part of it.
pub(super) fn leads_number(letters: &str) -> bool {
    LEAD_WORDS.binary_search(&letters).is_ok()
}

/// Whether a word of a name says what kind of company it is.
pub(super) fn is_legal_form(word: &str) -> bool {
    LEGAL_FORMS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_so_that_every_word_is_found() {
        assert!(LEAD_WORDS.is_sorted());
        assert!(LEGAL_FORMS.is_sorted());
        assert!(leads_number("RG") && !leads_number("GMBH"));
        assert!(is_legal_form("GMBH") && !is_legal_form("RG"));
    }
}
