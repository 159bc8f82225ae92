//! E-invoices: UBL 2.1 and UN/CEFACT CII documents, alone or inside a PDF, one row a document.
//!
//! Read are the terms of EN 16931, the European standard, which Peppol BIS Billing, XRechnung, Factur-X and ZUGFeRD
//! narrow down; `BT-9` and the like are its numbers. Nothing is checked against their business rules: a text that is
//! no date or no amount goes into the row as it stands, so that the import rejects that row by its field. Refused is
//! what is no e-invoice at all, or takes more memory than one may.
//!
//! What is expected as cash is the payable amount (BT-115): the gross amount (BT-112) less what was paid before
//! (BT-113), rounded as the seller rounds (BT-114). The profile takes it as the amount of the invoice; an invoice over
//! a down payment is a document of its own, with its own payable amount.

mod amount;
mod cii;
mod document;
mod party;
mod pdf;
mod terms;
mod ubl;

use std::io::Read;
use std::path::Path;

use super::error::Error;
use super::xml::{Event, Node, Reader};
use super::{Options, Rows, Sheet, SourceRow};
use document::{COLUMNS, Written};

/// How large a file may be, in bytes: a PDF with scanned pages and further attachments.
const FILE_BYTES_MAX: u64 = 1 << 26;
/// A PDF begins somewhere in these bytes.
const PDF_HEAD_BYTES: usize = 1024;

const UBL_INVOICE: &str = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2";
const UBL_CREDIT_NOTE: &str = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2";
const CII: &str = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100";
const ZUGFERD_1: &str = "urn:ferd:CrossIndustryDocument:invoice:1p0";

/// The envelope around a document, and what is written on it.
const ENVELOPE: &str = "StandardBusinessDocument";
const ENVELOPE_HEADER: &str = "StandardBusinessDocumentHeader";

/// The vocabularies of e-invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    UblInvoice,
    UblCreditNote,
    Cii,
    /// The first ZUGFeRD, older than EN 16931.
    Zugferd1,
}

/// Opens an e-invoice: a sheet `invoices` with one row.
pub(crate) fn open(path: &Path, _options: &Options) -> Result<Box<dyn Rows>, Error> {
    let bytes = content(path)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let head = bytes.get(..PDF_HEAD_BYTES).unwrap_or(&bytes);
    let is_pdf = head.windows(5).any(|window| window == b"%PDF-");
    let xml = if is_pdf {
        pdf::invoice_xml(path, &bytes)?
    } else {
        bytes
    };
    let written = read(path, xml)?;
    Ok(Box::new(Documents {
        sheets: vec![Sheet {
            name: "invoices".to_owned(),
            columns: COLUMNS.iter().map(|&name| name.to_owned()).collect(),
        }],
        cells: Some(written.cells()),
        bytes: size,
    }))
}

/// Reads a file that is not too large.
fn content(path: &Path) -> Result<Vec<u8>, Error> {
    let file = std::fs::File::open(path).map_err(|source| Error::io(path, source))?;
    let mut bytes = Vec::new();
    let read = file
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| Error::io(path, source))?;
    let given = u64::try_from(read).unwrap_or(u64::MAX);
    if given > FILE_BYTES_MAX {
        return Err(Error::too_large(path, "bytes", FILE_BYTES_MAX, given));
    }
    Ok(bytes)
}

/// Reads the XML of an e-invoice.
fn read(path: &Path, xml: Vec<u8>) -> Result<Written, Error> {
    let mut reader = Reader::from_bytes(path, xml)?;
    let syntax = begin(&mut reader)?;
    let root: Node = reader.subtree()?;
    // The end of an envelope may follow, but no second document.
    while let Some(event) = reader.next_event()? {
        if let Event::Start { name, .. } = event {
            return Err(reader.malformed(format!(
                "one e-invoice a file expected, got another element {name:?}"
            )));
        }
    }
    Ok(match syntax {
        Syntax::UblInvoice => ubl::read(&root, false),
        Syntax::UblCreditNote => ubl::read(&root, true),
        Syntax::Cii => cii::read(&root, &cii::CROSS_INDUSTRY_INVOICE),
        Syntax::Zugferd1 => cii::read(&root, &cii::ZUGFERD_1),
    })
}

/// Goes to the element of the document, into the envelope that the Peppol network puts around it.
fn begin(reader: &mut Reader) -> Result<Syntax, Error> {
    let mut is_in_envelope = false;
    while let Some(event) = reader.next_event()? {
        let Event::Start { name, namespace, .. } = event else {
            continue;
        };
        match (is_in_envelope, name.as_str()) {
            (false, ENVELOPE) => is_in_envelope = true,
            (true, ENVELOPE_HEADER) => reader.skip()?,
            _ => return syntax_of(&name, namespace.as_deref()).map_err(|reason| reader.malformed(reason)),
        }
    }
    Err(reader.malformed("an e-invoice expected, got an empty document"))
}

/// Tells the vocabulary from the document's element; both its name and its namespace must be right.
fn syntax_of(name: &str, namespace: Option<&str>) -> Result<Syntax, String> {
    let namespace = namespace.unwrap_or_default();
    let allowed = [
        ("Invoice", UBL_INVOICE, Syntax::UblInvoice),
        ("CreditNote", UBL_CREDIT_NOTE, Syntax::UblCreditNote),
        ("CrossIndustryInvoice", CII, Syntax::Cii),
        ("CrossIndustryDocument", ZUGFERD_1, Syntax::Zugferd1),
    ];
    allowed
        .iter()
        .find(|(known, space, _)| *known == name && *space == namespace)
        .map(|(_, _, syntax)| *syntax)
        .ok_or_else(|| {
            let list: Vec<String> = allowed
                .iter()
                .map(|(name, space, _)| format!("{name} of {space}"))
                .collect();
            format!(
                "an e-invoice expected: {}; got {name:?} of {namespace:?}",
                list.join(", ")
            )
        })
}

/// The one row of an e-invoice.
struct Documents {
    sheets: Vec<Sheet>,
    cells: Option<Vec<String>>,
    bytes: u64,
}

impl Rows for Documents {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn next_row(&mut self, row: &mut SourceRow) -> Result<bool, Error> {
        let Some(cells) = self.cells.take() else {
            return Ok(false);
        };
        row.sheet = 0;
        row.line = 1;
        row.bytes = self.bytes;
        row.cells = csv::StringRecord::from(cells);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_namespace_together_tell_the_vocabulary() {
        assert_eq!(syntax_of("Invoice", Some(UBL_INVOICE)), Ok(Syntax::UblInvoice));
        assert_eq!(syntax_of("CrossIndustryInvoice", Some(CII)), Ok(Syntax::Cii));
        for (name, namespace) in [
            ("Invoice", None),
            ("Invoice", Some(UBL_CREDIT_NOTE)),
            (
                "SCRDMCCBDACIOMessageStructure",
                Some("urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:100"),
            ),
        ] {
            let refusal = syntax_of(name, namespace).expect_err("it is no e-invoice");
            assert!(
                refusal.contains(name) && refusal.contains("CrossIndustryInvoice of"),
                "{refusal}"
            );
        }
    }
}
