//! Excel workbooks: numbers as numbers, dates as dates, one sheet a currency, the assumptions on a sheet.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use chrono::Datelike;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::table::{Cell, OutputTable, joined};
use super::{Assumptions, Document, Error};
use crate::domain::Date;
use crate::domain::date::day_number;

/// Rows of a sheet below its header; Excel holds 1,048,576 in all.
const SHEET_ROWS_MAX: usize = 1_048_575;
/// Days from Excel's day 0, 1899-12-30, to 1970-01-01.
const EXCEL_EPOCH_DAYS: i32 = 25_569;
/// Wider columns hide their neighbours; the text is still in the cell.
const COLUMN_WIDTH_MAX_PIXELS: u32 = 420;
const SHEET_ASSUMPTIONS: &str = "assumptions";

/// Writes the document as a workbook.
pub(super) fn write(writer: &mut impl Write, document: &Document, path: &Path) -> Result<(), Error> {
    let sheets = sheets(document);
    let beside = document.assumptions.iter().flat_map(|one| &one.tables);
    let longest = sheets
        .values()
        .map(Vec::len)
        .chain(beside.map(|(_, table)| table.height()))
        .max()
        .unwrap_or(0);
    if longest > SHEET_ROWS_MAX {
        return Err(Error::SheetTooLong {
            allowed: SHEET_ROWS_MAX,
            given: longest,
        });
    }
    let at = |source| Error::Workbook {
        path: path.to_owned(),
        source,
    };
    let bytes = workbook_bytes(document, &sheets).map_err(at)?;
    writer.write_all(&bytes).map_err(Error::at(path))
}

/// The rows of each sheet, by sheet name.
fn sheets(document: &Document) -> BTreeMap<String, Vec<usize>> {
    let texts = document
        .sheet_column
        .and_then(|column| document.table.texts(column));
    let mut sheets: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in 0..document.table.height() {
        let name = texts
            .and_then(|texts| texts[row].clone())
            .unwrap_or_else(|| document.name.to_owned());
        sheets.entry(name).or_default().push(row);
    }
    if sheets.is_empty() {
        sheets.insert(document.name.to_owned(), Vec::new());
    }
    sheets
}

fn workbook_bytes(document: &Document, sheets: &BTreeMap<String, Vec<usize>>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The library would stamp the clock; the same input has to give the same bytes.
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&midnight(document.as_of)?));
    for (name, rows) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name.as_str())?.set_freeze_panes(1, 0)?;
        write_rows(sheet, 0, &document.table, rows)?;
        sheet.set_autofit_max_width(COLUMN_WIDTH_MAX_PIXELS).autofit();
    }
    if let Some(assumptions) = &document.assumptions {
        for (name, table) in &assumptions.tables {
            let sheet = workbook.add_worksheet();
            sheet.set_name(*name)?.set_freeze_panes(1, 0)?;
            write_rows(sheet, 0, table, &(0..table.height()).collect::<Vec<_>>())?;
            sheet.set_autofit_max_width(COLUMN_WIDTH_MAX_PIXELS).autofit();
        }
        let sheet = workbook.add_worksheet();
        sheet.set_name(SHEET_ASSUMPTIONS)?;
        write_assumptions(sheet, assumptions)?;
        sheet.set_autofit_max_width(COLUMN_WIDTH_MAX_PIXELS).autofit();
    }
    workbook.save_to_buffer()
}

fn write_assumptions(sheet: &mut Worksheet, assumptions: &Assumptions) -> Result<(), XlsxError> {
    let mut row = 0;
    for (name, value) in &assumptions.facts {
        sheet.write_string(row, 0, *name)?;
        match (value.as_f64(), value.as_str()) {
            (Some(number), _) => sheet.write_number(row, 1, number)?,
            (None, Some(text)) => sheet.write_string(row, 1, text)?,
            (None, None) => sheet.write_string(row, 1, value.to_string())?,
        };
        row += 1;
    }
    let (_, totals) = &assumptions.totals;
    let rows: Vec<usize> = (0..totals.height()).collect();
    write_rows(sheet, row + 1, totals, &rows)
}

/// Writes a header at `first_row` and the chosen rows of the table below it.
fn write_rows(
    sheet: &mut Worksheet,
    first_row: u32,
    table: &OutputTable,
    rows: &[usize],
) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let date_format = Format::new().set_num_format("yyyy-mm-dd");
    let mut amount_formats: BTreeMap<u32, Format> = BTreeMap::new();
    for (column, place) in table.columns().iter().zip(0_u16..) {
        sheet.write_string_with_format(first_row, place, column.name.as_str(), &bold)?;
        for (index, line) in rows.iter().zip(first_row + 1..) {
            match column.values.cell(*index) {
                Cell::Absent => {}
                Cell::Text(text) => {
                    sheet.write_string(line, place, text)?;
                }
                Cell::Texts(texts) => {
                    sheet.write_string(line, place, joined(texts))?;
                }
                Cell::Date(date) => {
                    let serial = day_number(date) + EXCEL_EPOCH_DAYS;
                    sheet.write_number_with_format(line, place, serial, &date_format)?;
                }
                Cell::Integer(integer) => {
                    sheet.write_number(line, place, as_number(integer))?;
                }
                Cell::Number(number) => {
                    sheet.write_number(line, place, number)?;
                }
                Cell::Decimal(digits) => {
                    match digits.parse::<f64>() {
                        Ok(number) => sheet.write_number(line, place, number)?,
                        Err(_) => sheet.write_string(line, place, digits)?,
                    };
                }
                Cell::Boolean(truth) => {
                    sheet.write_boolean(line, place, truth)?;
                }
                Cell::Amount(amount) => {
                    let exponent = amount.currency().exponent();
                    let format = amount_formats
                        .entry(exponent)
                        .or_insert_with(|| amount_format(exponent));
                    let scale = 10_f64.powi(i32::try_from(exponent).expect("at most four decimals"));
                    let number = as_number(amount.minor()) / scale;
                    sheet.write_number_with_format(line, place, number, format)?;
                }
            }
        }
    }
    Ok(())
}

fn amount_format(exponent: u32) -> Format {
    let mut pattern = String::from("#,##0");
    if exponent > 0 {
        pattern.push('.');
        pattern.extend((0..exponent).map(|_| '0'));
    }
    Format::new().set_num_format(pattern)
}

/// A cell of a workbook is a double; above 2^53 it rounds, as Excel itself does.
#[expect(clippy::cast_precision_loss, reason = "the format has no integers")]
fn as_number(integer: i64) -> f64 {
    integer as f64
}

fn midnight(date: Date) -> Result<ExcelDateTime, XlsxError> {
    // Years outside Excel's calendar fall back to its first; the stamp carries no information then.
    let year = u16::try_from(date.year()).unwrap_or(1900).max(1900);
    let part = |number: u32| u8::try_from(number).expect("months and days are small");
    ExcelDateTime::from_ymd(year, part(date.month()), part(date.day()))
}
