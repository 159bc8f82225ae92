//! What an entry of a bank statement does to receipts.

/// What an entry means for receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Money came in, of this kind.
    Receipt(&'static str),
    /// Money that had come in went back: `reversal` or `return`.
    Undo(&'static str),
    /// A payment of our own, its undoing, a charge.
    Other,
}

/// What a German business transaction code (GVC) says of an entry; `None` for codes that say nothing of receipts.
pub(crate) fn of_gvc(code: &str, is_credit: bool) -> Option<Effect> {
    let effect = match (code, is_credit) {
        // Cheques cashed.
        ("070" | "170", true) => Effect::Receipt("cheque"),
        // Credit transfers received, alone or as a batch.
        (
            "051" | "052" | "053" | "054" | "152" | "153" | "154" | "155" | "156" | "166" | "167" | "169"
            | "194" | "202" | "206",
            true,
        ) => Effect::Receipt("transfer"),
        ("168", true) => Effect::Receipt("instant"),
        // Direct debits collected, alone or as a batch.
        ("071" | "171" | "174" | "192" | "196" | "198", true) => Effect::Receipt("direct_debit"),
        // Our own transfer came back, or our own debit was refunded.
        ("059" | "159" | "181" | "184", true) => Effect::Other,
        // A direct debit that we had collected was returned.
        ("009" | "108" | "109", false) => Effect::Undo("return"),
        _ => return None,
    };
    Some(effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_what_it_means_on_its_side_only() {
        assert_eq!(of_gvc("166", true), Some(Effect::Receipt("transfer")));
        assert_eq!(of_gvc("166", false), None);
        assert_eq!(of_gvc("109", false), Some(Effect::Undo("return")));
        assert_eq!(of_gvc("159", true), Some(Effect::Other));
    }
}
