//! The XML of an invoice inside a PDF (Factur-X, ZUGFeRD).
//!
//! A PDF is unpacked within bounds: the streams that its structure needs together, and the one attachment that is
//! read. Nothing else of it is looked at.

use std::collections::BTreeSet;
use std::path::Path;

use lopdf::{DecompressError, Dictionary, Document, LoadOptions, Object, ObjectId, Stream};

use crate::source::error::Error;

/// Names of the attachment by the standards that ask for it, the newest first; case does not matter, as the first
/// ZUGFeRD wrote `ZUGFeRD-invoice.xml`.
const INVOICE_NAMES: [&str; 3] = ["factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml"];
/// The attachment of an order, which is no invoice.
const ORDER_NAME: &str = "order-x.xml";
/// How much all streams together may unpack to while the structure is read, in bytes.
const UNPACKED_BYTES_MAX: usize = 1 << 28;
/// How much one of them may unpack to, in bytes: tables of objects, and packed objects, are far smaller.
const STREAM_BYTES_MAX: usize = 1 << 22;
/// How much the XML of the invoice may unpack to, in bytes.
const XML_BYTES_MAX: usize = 1 << 24;
/// How many names of attachments a message lists.
const NAMES_LISTED_MAX: usize = 5;

/// Returns the attached XML of the invoice.
pub(super) fn invoice_xml(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let options = LoadOptions {
        max_decompressed_size: Some(stream_bytes_max(bytes)),
        ..LoadOptions::default()
    };
    let document = Document::load_mem_with_options(bytes, options)
        .map_err(|error| refused(path, "bytes unpacked of a PDF", stream_bytes_max(bytes), &error))?;
    if document.was_encrypted() || document.trailer.has(b"Encrypt") {
        return Err(Error::malformed(
            path,
            "PDF",
            "a PDF without encryption expected, got an encrypted one; save it without protection, or give the XML itself",
        ));
    }
    let attachments = attachments(&document);
    let wanted = INVOICE_NAMES
        .iter()
        .find_map(|name| attachments.iter().find(|(known, _)| known == name));
    let Some((_, stream)) = wanted else {
        return Err(Error::malformed(path, "PDF", no_invoice(&attachments)));
    };
    stream
        .get_plain_content_with_limit(XML_BYTES_MAX)
        .map_err(|error| refused(path, "bytes of XML", XML_BYTES_MAX, &error))
}

/// How much each stream may unpack to so that all together stay within the bound.
fn stream_bytes_max(bytes: &[u8]) -> usize {
    // A stream has the word twice: at its beginning, and in `endstream`.
    let words = bytes.windows(6).filter(|word| *word == b"stream").count();
    (UNPACKED_BYTES_MAX / (words / 2).max(1)).min(STREAM_BYTES_MAX)
}

fn refused(path: &Path, what: &'static str, allowed: usize, error: &lopdf::Error) -> Error {
    if matches!(
        error,
        lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. })
    ) {
        let allowed = u64::try_from(allowed).unwrap_or(u64::MAX);
        return Error::too_large(path, what, allowed, allowed.saturating_add(1));
    }
    Error::malformed(path, "PDF", format!("a readable PDF expected: {error}"))
}

fn no_invoice(attachments: &[(String, &Stream)]) -> String {
    let names: Vec<String> = attachments
        .iter()
        .take(NAMES_LISTED_MAX)
        .map(|(name, _)| format!("{name:?}"))
        .collect();
    let given = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    let hint = if attachments.iter().any(|(name, _)| name == ORDER_NAME) {
        "; order-x.xml is an order and no invoice"
    } else {
        ""
    };
    format!(
        "an attachment {} expected, got {given}{hint}",
        INVOICE_NAMES.join(", ")
    )
}

/// The files embedded in a document, by name in small letters: those of its list of associated files first, then
/// those of its tree of names.
fn attachments(document: &Document) -> Vec<(String, &Stream)> {
    let Ok(catalog) = document.catalog() else {
        return Vec::new();
    };
    let associated = catalog.get_deref(b"AF", document).and_then(Object::as_array);
    let mut specifications: Vec<&Dictionary> = associated
        .map(|files| {
            files
                .iter()
                .filter_map(|file| dictionary(document, file))
                .collect()
        })
        .unwrap_or_default();
    if let Ok(names) = catalog.get_deref(b"Names", document).and_then(Object::as_dict)
        && let Ok(tree) = names.get(b"EmbeddedFiles")
    {
        specifications.extend(named_files(document, tree));
    }
    specifications
        .into_iter()
        .filter_map(|specification| attachment(document, specification))
        .collect()
}

/// The file specifications in a tree of names; a tree that runs in circles ends where it meets itself.
fn named_files<'d>(document: &'d Document, tree: &'d Object) -> Vec<&'d Dictionary> {
    let mut seen: BTreeSet<ObjectId> = BTreeSet::new();
    let mut open = vec![tree];
    let mut found = Vec::new();
    while let Some(object) = open.pop() {
        if let Ok(id) = object.as_reference()
            && !seen.insert(id)
        {
            continue;
        }
        let Some(node) = dictionary(document, object) else {
            continue;
        };
        if let Ok(pairs) = node.get_deref(b"Names", document).and_then(Object::as_array) {
            // Names and values alternate.
            found.extend(
                pairs
                    .iter()
                    .skip(1)
                    .step_by(2)
                    .filter_map(|value| dictionary(document, value)),
            );
        }
        if let Ok(kids) = node.get_deref(b"Kids", document).and_then(Object::as_array) {
            open.extend(kids.iter().rev());
        }
    }
    found
}

/// Name and content of the file that a specification describes.
fn attachment<'d>(document: &'d Document, specification: &'d Dictionary) -> Option<(String, &'d Stream)> {
    let name = [b"UF".as_slice(), b"F".as_slice()].into_iter().find_map(|key| {
        let text = specification.get_deref(key, document).ok()?;
        lopdf::decode_text_string(text).ok()
    })?;
    let files = specification
        .get_deref(b"EF", document)
        .and_then(Object::as_dict)
        .ok()?;
    let stream = [b"UF".as_slice(), b"F".as_slice()]
        .into_iter()
        .find_map(|key| files.get_deref(key, document).and_then(Object::as_stream).ok())?;
    let file_name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    Some((file_name.trim().to_lowercase(), stream))
}

fn dictionary<'d>(document: &'d Document, object: &'d Object) -> Option<&'d Dictionary> {
    let (_, object) = document.dereference(object).ok()?;
    object.as_dict().ok()
}
