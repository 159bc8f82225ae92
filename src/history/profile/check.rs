//! What can be wrong with a profile before a file is seen.

use super::cell::{Minus, quoted_list};
use super::columns::Columns;
use super::types::{ProfileFile, SheetSection, Source};
use super::{compile, linker_of, notation, section};
use crate::history::link;
use crate::source::Format;

/// Finds what can be wrong with a profile before a file is seen.
pub(super) fn check(file: &ProfileFile) -> Result<(), String> {
    check_source(&file.source)?;
    check_sheets(&file.sheet, file.source.format)?;
    check_linker(file)?;
    let mut any = Columns::Any;
    compile::bind_conditions(&file.filter, "filter", &mut any)?;
    let strays = file.table.iter().find(|section| section.record.is_some());
    if let Some(name) = strays.and_then(|section| section.record.as_ref()) {
        return Err(format!("record `{name}` stands in a [[table]]; write [[record]]"));
    }
    let strays = file.record.iter().find(|section| section.table.is_some());
    if let Some(name) = strays.and_then(|section| section.table.as_ref()) {
        return Err(format!("table `{name}` stands in a [[record]]; write [[table]]"));
    }
    for section in file.sections() {
        let target = section::target_of(section, linker_of(file))?;
        section::bind_section(section, target, &file.source, &mut any)?;
    }
    Ok(())
}

fn check_source(source: &Source) -> Result<(), String> {
    if source.encoding != "auto" && encoding_rs::Encoding::for_label(source.encoding.as_bytes()).is_none() {
        return Err(format!(
            "source: encoding must be `auto` or a name of the encoding standard such as `utf-8`, `windows-1252`, \
             `utf-16le`, got `{}`",
            source.encoding
        ));
    }
    if source.delimiter != "auto" && !(source.delimiter.len() == 1 && source.delimiter.is_ascii()) {
        return Err(format!(
            "source: delimiter must be `auto` or one ASCII character, got `{}`",
            source.delimiter
        ));
    }
    let is_table = matches!(source.format, Format::Auto | Format::Delimited | Format::Workbook);
    if !is_table && (!source.carried.is_empty() || source.grouped.is_some()) {
        return Err(format!(
            "source: carried and grouped are for tables (`format` delimited, workbook or auto), got the format {:?}",
            source.format
        ));
    }
    notation::check_date_formats(&source.date_formats).map_err(|reason| format!("source: {reason}"))?;
    notation::number_format(&source.decimal_mark, &source.thousands_mark, Minus::Front)
        .map_err(|reason| format!("source: {reason}"))?;
    Ok(())
}

fn check_sheets(sheets: &[SheetSection], format: Format) -> Result<(), String> {
    if !sheets.is_empty() && !matches!(format, Format::Auto | Format::Json) {
        return Err("a [[sheet]] is for `format = \"json\"`; other formats have their sheets".to_owned());
    }
    for (place, sheet) in sheets.iter().enumerate() {
        if sheet.name.is_empty() || sheets.iter().take(place).any(|other| other.name == sheet.name) {
            return Err(format!(
                "each [[sheet]] needs a name of its own, got `{}`",
                sheet.name
            ));
        }
        if !is_path(&sheet.path) {
            return Err(format!(
                "sheet `{}`: a path is names with points between, `[]` behind what is an array, such as \
                 `Invoices[].Payments[]`; `$` or nothing is the document, got `{}`",
                sheet.name, sheet.path
            ));
        }
    }
    Ok(())
}

/// Whether a path is names with points between, each with `[]` where it is an array.
fn is_path(path: &str) -> bool {
    if path.is_empty() {
        return true;
    }
    path.split('.').enumerate().all(|(place, part)| {
        let name = part.trim_end_matches("[]");
        let is_document = place == 0 && (name == "$" || (name.is_empty() && !part.is_empty()));
        is_document || !(name.is_empty() || name.contains(['[', ']', '$', '^']))
    })
}

fn check_linker(file: &ProfileFile) -> Result<(), String> {
    match &file.linker {
        Some(name) if link::named(name).is_none() => Err(format!(
            "no linker is named `{name}`; allowed {}",
            quoted_list(&link::names())
        )),
        Some(name) if file.record.is_empty() => Err(format!("linker `{name}` needs at least one [[record]]")),
        None if file.table.is_empty() && file.record.is_empty() => {
            Err("needs at least one [[table]], or a linker and its [[record]]".to_owned())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_names_with_points_between() {
        for path in [
            "",
            "$",
            "[]",
            "$[]",
            "Invoices[].Payments[]",
            "$.data[].lines.data[]",
            "a[][]",
            "QueryResponse.Invoice[]",
        ] {
            assert!(is_path(path), "{path}");
        }
        for path in [".", "a.", ".a", "a..b", "a[0]", "a[", "a]", "[]a", "^.a", "a.$"] {
            assert!(!is_path(path), "{path}");
        }
    }
}
