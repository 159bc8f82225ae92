//! A transaction of an entry (`TxDtls`): who paid, how, and what for.

use super::balance::{amount_of, is_credit, is_true};
use crate::source::bank::{self, Amount, Effect, account_name, clean, of_gvc, reference};
use crate::source::xml::Node;

/// What is kept of a transaction.
#[derive(Clone, Debug, Default)]
pub(super) struct Transaction {
    /// In the currency given, without sign.
    pub(super) amount: Option<(Amount, String)>,
    /// Charges that were deducted, where they have the currency of the amount.
    pub(super) charges: Amount,
    pub(super) is_credit: Option<bool>,
    pub(super) is_return: bool,
    pub(super) code: Code,
    pub(super) bank_reference: String,
    pub(super) details: bank::Details,
    pub(super) additional: String,
    creditor: (String, String),
}

/// Families of `PMNT` in which money comes in, with their kind.
const INCOMING: [(&str, &str); 7] = [
    ("RCDT", "transfer"),
    ("RRCT", "instant"),
    ("IDDT", "direct_debit"),
    ("RCHQ", "cheque"),
    ("LBOX", "cheque"),
    ("MCRD", "card"),
    ("DRFT", "other"),
];
/// Families of `PMNT` in which money goes out.
const OUTGOING: [&str; 5] = ["ICDT", "IRCT", "RDDT", "ICHQ", "CCRD"];
/// Sub-families that undo a payment of their family.
const UNDOING: [&str; 7] = ["RRTN", "RPCR", "UPDD", "RCDD", "PRDD", "UPCQ", "CQRV"];

/// A bank transaction code (`BkTxCd`).
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    domain: String,
    family: String,
    sub_family: String,
    proprietary: String,
}

impl Code {
    /// Reads the `BkTxCd` in an element.
    pub(super) fn of(node: &Node) -> Self {
        let text = |path: &str| node.text_at(path).unwrap_or_default().to_owned();
        Self {
            domain: text("BkTxCd/Domn/Cd"),
            family: text("BkTxCd/Domn/Fmly/Cd"),
            sub_family: text("BkTxCd/Domn/Fmly/SubFmlyCd"),
            proprietary: text("BkTxCd/Prtry/Cd"),
        }
    }

    fn is_empty(&self) -> bool {
        self.family.is_empty() && self.proprietary.is_empty()
    }

    /// What an entry with this code means for receipts; `outer` is the code to go by when this one is empty.
    pub(super) fn effect(&self, outer: &Self, is_credit: bool, is_reversal: bool, is_return: bool) -> Effect {
        let code = if self.is_empty() { outer } else { self };
        match (is_credit, is_reversal, is_return) {
            // The reversal of a debit, or our own payment sent back.
            (true, true, _) | (true, _, true) => Effect::Other,
            (false, true, _) => Effect::Undo("reversal"),
            (false, _, true) => Effect::Undo("return"),
            (_, false, false) => code.plain_effect(is_credit),
        }
    }

    fn plain_effect(&self, is_credit: bool) -> Effect {
        // German banks write code, business transaction code and more: NTRF+166+931.
        let german = self.proprietary.split('+').nth(1).unwrap_or_default();
        if let Some(effect) = of_gvc(german, is_credit) {
            return effect;
        }
        let is_payment = self.domain == "PMNT";
        let kind = INCOMING
            .iter()
            .find(|(family, _)| is_payment && *family == self.family)
            .map(|(_, kind)| *kind);
        let is_outgoing = is_payment && OUTGOING.contains(&self.family.as_str());
        let is_undoing = UNDOING.contains(&self.sub_family.as_str());
        match (is_credit, kind) {
            (true, _) if is_outgoing => Effect::Other,
            (true, Some("transfer")) if self.sub_family == "INST" => Effect::Receipt("instant"),
            (true, Some(kind)) => Effect::Receipt(kind),
            (true, None) => Effect::Receipt("other"),
            (false, Some(_)) if is_undoing => Effect::Undo("return"),
            (false, _) => Effect::Other,
        }
    }
}

impl Transaction {
    /// Reads a `TxDtls`.
    pub(super) fn of(node: &Node) -> Result<Self, String> {
        let amount = match amount_of(node, "Amt")? {
            Some(amount) => Some(amount),
            None => amount_of(node, "AmtDtls/TxAmt/Amt")?,
        };
        let amount = match amount {
            Some(amount) => Some(amount),
            None => amount_of(node, "AmtDtls/InstdAmt/Amt")?,
        };
        let currency = amount.as_ref().map_or("", |(_, currency)| currency.as_str());
        let charges = charges_of(node, currency)?;
        let text = |path: &str| clean(node.text_at(path).unwrap_or_default());
        let debtor = party(node, "Dbtr");
        let name = if debtor.0.is_empty() {
            party(node, "UltmtDbtr").0
        } else {
            debtor.0
        };
        let mut transaction = Self {
            charges,
            is_credit: is_credit(node)?,
            is_return: node.at("RtrInf").is_some(),
            code: Code::of(node),
            bank_reference: reference(node.text_at("Refs/AcctSvcrRef").unwrap_or_default()),
            details: bank::Details {
                payer_name: name,
                payer_account: debtor.1,
                end_to_end_id: reference(node.text_at("Refs/EndToEndId").unwrap_or_default()),
                ..bank::Details::default()
            },
            additional: text("AddtlTxInf"),
            creditor: party(node, "Cdtr"),
            amount,
        };
        if let Some(remittance) = node.child("RmtInf") {
            transaction.read_remittance(remittance);
        }
        Ok(transaction)
    }

    /// What it takes in memory, roughly.
    pub(super) fn bytes(&self) -> u64 {
        let code = &self.code;
        let texts = [
            &code.domain,
            &code.family,
            &code.sub_family,
            &code.proprietary,
            &self.bank_reference,
            &self.additional,
            &self.creditor.0,
            &self.creditor.1,
        ];
        let letters = texts.into_iter().map(String::len).sum::<usize>();
        let all = size_of::<Self>() + letters + self.details.text_bytes();
        u64::try_from(all).unwrap_or(u64::MAX)
    }

    /// Payer, references and text, seen from the account: whoever is not its owner has paid.
    pub(super) fn details_for(&self, account: &str) -> bank::Details {
        let mut details = self.details.clone();
        if !account.is_empty() && details.payer_account == account && self.creditor.1 != account {
            (details.payer_name, details.payer_account) = self.creditor.clone();
        }
        details
    }

    fn read_remittance(&mut self, remittance: &Node) {
        let mut texts: Vec<String> = remittance
            .children("Ustrd")
            .map(|text| clean(&text.text))
            .collect();
        let mut documents = Vec::new();
        for part in remittance.children("Strd") {
            if let Some(found) = part.text_at("CdtrRefInf/Ref").map(reference) {
                if self.details.structured_reference.is_empty() {
                    self.details.structured_reference = found;
                } else if !found.is_empty() && found != self.details.structured_reference {
                    documents.push(document(&found, None));
                }
            }
            let numbers: Vec<&str> = part
                .children("RfrdDocInf")
                .filter_map(|known| known.text_at("Nb"))
                .collect();
            let amount = (numbers.len() == 1).then(|| document_amount(part)).flatten();
            documents.extend(
                numbers
                    .into_iter()
                    .map(|number| document(number, amount.as_deref())),
            );
            texts.extend(part.children("AddtlRmtInf").map(|text| clean(&text.text)));
        }
        texts.retain(|text| !text.is_empty());
        self.details.remittance = texts.join(" ");
        self.details.referred_documents = documents.join("; ");
    }
}

/// Name and account of a party; since 001.08 the name is one element deeper.
fn party(node: &Node, role: &str) -> (String, String) {
    let text = |path: String| node.text_at(&path);
    let name = text(format!("RltdPties/{role}/Nm")).or_else(|| text(format!("RltdPties/{role}/Pty/Nm")));
    let account = text(format!("RltdPties/{role}Acct/Id/IBAN"))
        .or_else(|| text(format!("RltdPties/{role}Acct/Id/Othr/Id")));
    (
        clean(name.unwrap_or_default()),
        account_name(account.unwrap_or_default()),
    )
}

/// The amount that a structured remittance gives for its document; a credit note's is negative.
fn document_amount(part: &Node) -> Option<String> {
    let amounts = part.child("RfrdDocAmt")?;
    let (found, is_credit_note) = ["RmtdAmt", "CdtNoteAmt", "DuePyblAmt"]
        .into_iter()
        .find_map(|name| amounts.child(name).map(|found| (found, name == "CdtNoteAmt")))?;
    let amount = Amount::parse(&found.text, '.')?;
    Some(
        amount
            .signed(!is_credit_note)
            .text(found.attribute("Ccy").unwrap_or_default()),
    )
}

/// A document as `NUMBER AMOUNT`, the number without blanks and semicolons.
fn document(number: &str, amount: Option<&str>) -> String {
    let number: String = number
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ';')
        .collect();
    match amount {
        Some(amount) => format!("{number} {amount}"),
        None => number,
    }
}

/// Charges that were deducted; 001.02 has them directly, later versions in records.
fn charges_of(node: &Node, currency: &str) -> Result<Amount, String> {
    let mut sum = Amount::default();
    for charges in node.children("Chrgs") {
        let records: Vec<&Node> = charges.children("Rcrd").collect();
        let records = if records.is_empty() {
            vec![charges]
        } else {
            records
        };
        for record in records {
            let is_included = record.text_at("ChrgInclInd").is_none_or(is_true);
            if let Some((amount, known)) = amount_of(record, "Amt")?
                && is_included
                && known == currency
            {
                let is_debit = !is_credit(record)?.unwrap_or(false);
                sum = sum
                    .plus(amount.signed(is_debit))
                    .ok_or("charges add up to more than there is room for")?;
            }
        }
    }
    Ok(sum)
}
