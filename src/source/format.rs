//! Which format a file is in, by its first bytes; names of files lie.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::{Encoding, UTF_8};
use serde::Deserialize;

use super::Error;
use super::encoding::utf16_without_mark;

/// Bytes that are looked at.
const HEAD_BYTES: u64 = 1 << 16;
/// Bytes within which a PDF must say that it is one.
const PDF_MARK_WITHIN: usize = 1024;

/// Format of a foreign file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Told by the content.
    #[default]
    Auto,
    /// Text with a character between cells.
    Delimited,
    /// A spreadsheet: XLSX or ODS.
    Workbook,
    /// JSON, or one JSON document a line.
    Json,
    /// A bank statement in ISO 20022 XML: camt.052, camt.053 or camt.054.
    Camt,
    /// A bank statement in SWIFT MT940, or an interim report in MT942.
    Mt940,
    /// An electronic invoice: UBL, CII, or a PDF with CII in it.
    Einvoice,
}

/// Recognises the format of a file.
///
/// # Errors
///
/// [`Error`] when the file cannot be read, or is of a format that is known and not read.
pub(super) fn recognise(path: &Path) -> Result<Format, Error> {
    of_head(&head_of(path)?).map_err(|reason| Error::malformed(path, "start of the file", reason))
}

/// Whether a file that is taken for text has bytes that no text has.
///
/// # Errors
///
/// [`Error`] when the file cannot be read.
pub(crate) fn is_binary(path: &Path) -> Result<bool, Error> {
    Ok(decoded(&head_of(path)?).contains('\0'))
}

fn head_of(path: &Path) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head))
        .map_err(|error| Error::io(path, error))?;
    Ok(head)
}

/// The format of a file that starts with these bytes, or why it is not read.
fn of_head(head: &[u8]) -> Result<Format, String> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Format::Workbook);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(
            "an old Excel workbook (.xls) or one with a password; save it as .xlsx without a password, or as .csv"
                .to_owned(),
        );
    }
    let pdf_marks = head.get(..PDF_MARK_WITHIN).unwrap_or(head);
    if pdf_marks.windows(5).any(|bytes| bytes == b"%PDF-") {
        return Ok(Format::Einvoice);
    }
    let text = decoded(head);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.starts_with('<') {
        return of_xml(text);
    }
    if is_json(text) {
        return Ok(Format::Json);
    }
    if is_mt940(text) {
        return Ok(Format::Mt940);
    }
    Ok(Format::Delimited)
}

/// The head as text, whatever its encoding; a character cut at its end does not matter.
fn decoded(head: &[u8]) -> String {
    let encoding = Encoding::for_bom(head)
        .map(|(encoding, _)| encoding)
        .or_else(|| utf16_without_mark(head))
        .unwrap_or(UTF_8);
    encoding.decode(head).0.into_owned()
}

fn of_xml(text: &str) -> Result<Format, String> {
    let root = root_name(text);
    match root.as_deref() {
        Some("Document") => Ok(Format::Camt),
        Some(
            "Invoice"
            | "CreditNote"
            | "CrossIndustryInvoice"
            | "CrossIndustryDocument"
            | "StandardBusinessDocument",
        ) => Ok(Format::Einvoice),
        _ if !text.starts_with("<?xml") => Ok(Format::Delimited),
        root => Err(format!(
            "XML is read when its root element is Document (camt), Invoice, CreditNote or CrossIndustryInvoice, got {}",
            root.map_or_else(|| "none".to_owned(), |name| format!("`{name}`"))
        )),
    }
}

/// Local name of the first element behind declarations and comments.
fn root_name(text: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let inside = rest.strip_prefix('<')?;
        let end = if inside.starts_with("!--") {
            "-->"
        } else if inside.starts_with(['?', '!']) {
            ">"
        } else {
            let name: String = inside
                .chars()
                .take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/'))
                .take(200)
                .collect();
            let local = name.rsplit(':').next().unwrap_or_default().to_owned();
            return (!local.is_empty()).then_some(local);
        };
        rest = inside.split_once(end)?.1;
    }
}

fn is_json(text: &str) -> bool {
    let inside = |mark: char| {
        text.strip_prefix(mark)
            .map(|rest| rest.trim_start().chars().next())
    };
    match (inside('{'), inside('[')) {
        (Some(next), _) => matches!(next, Some('"' | '}')),
        (_, Some(next)) => matches!(next, Some('{' | ']')),
        _ => false,
    }
}

fn is_mt940(text: &str) -> bool {
    let has = |tag: &str| text.lines().any(|line| line.trim_start().starts_with(tag));
    text.starts_with("{1:") || (has(":20:") && (has(":25:") || has(":60F:") || has(":60M:")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_the_format() {
        for (head, format) in [
            ("PK\u{3}\u{4}...", Format::Workbook),
            ("%PDF-1.7\n", Format::Einvoice),
            (
                "<?xml version=\"1.0\"?>\n<!-- a > b --><Document xmlns=\"urn\">",
                Format::Camt,
            ),
            ("\u{feff}<ubl:Invoice xmlns:ubl=\"urn\">", Format::Einvoice),
            ("<rsm:CrossIndustryInvoice>", Format::Einvoice),
            ("{\"a\":1}\n{\"a\":2}", Format::Json),
            (" [\n {\"a\": 1}]", Format::Json),
            ("{1:F01BANKDEFFXXXX0000000000}{2:I940", Format::Mt940),
            ("\r\n:20:START\r\n:25:1/2\r\n:60F:C200101EUR1,00", Format::Mt940),
            ("[id];[name]\n1;2", Format::Delimited),
            ("{id},{name}\n", Format::Delimited),
            ("<5 days>,x\n", Format::Delimited),
            ("a,b\n1,2\n", Format::Delimited),
            ("", Format::Delimited),
        ] {
            assert_eq!(of_head(head.as_bytes()), Ok(format), "{head}");
        }
    }

    #[test]
    fn utf16_is_looked_through() {
        let bytes: Vec<u8> = "\u{feff}<Document>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(of_head(&bytes), Ok(Format::Camt));
    }

    #[test]
    fn formats_that_are_not_read_say_what_to_do() {
        assert!(
            of_head(b"\xd0\xcf\x11\xe0\xa1\xb1")
                .unwrap_err()
                .contains(".xlsx")
        );
        let refused = of_head(b"<?xml version='1.0'?><Workbook/>").unwrap_err();
        assert!(
            refused.contains("`Workbook`") && refused.contains("CrossIndustryInvoice"),
            "{refused}"
        );
    }
}
