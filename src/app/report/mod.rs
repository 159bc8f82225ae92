//! The treasurer's page: what comes in, how sure that is and what is behind it, on one sheet.
//!
//! [`compose`] turns a forecast and what stands beside it into a [`Report`]; [`write()`] writes it as one HTML
//! file that needs nothing else, or as Markdown with its pictures beside it. The page depends on its sources
//! alone: the same sources, the same bytes. [`compose_check`] makes the page of what is in a ledger, in the same way.

mod actual;
mod ageing;
mod checked;
mod closing;
mod currency;
mod fan;
mod html;
mod markdown;
mod months;
mod page;
mod picture;
mod tables;
mod unit;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::app::output::{Error, ForecastContext, StagedFile};
use crate::domain::{Currency, Date};
use crate::forecast::CashForecast;
use crate::kpi::{AgingLine, WeekReceipts};
use crate::model::PaymentPrediction;
use page::{Block, Page};

pub use checked::{CheckSources, compose_check};
pub use months::MonthFlow;

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The forecast, by week.
    pub cash: &'a CashForecast,
    /// Where it comes from.
    pub context: &'a ForecastContext,
    /// The open invoices behind it.
    pub predictions: &'a [PaymentPrediction],
    /// The open amount by age, youngest first.
    pub ageing: &'a BTreeMap<Currency, Vec<AgingLine>>,
    /// The cash of past weeks.
    pub received: &'a [WeekReceipts],
    /// What was said of past weeks before they came.
    pub past: &'a [PastForecast],
    /// The names of customers, by id, where the ledger has them.
    pub names: &'a BTreeMap<String, String>,
    /// Further assumptions as name and text, such as which billing was found.
    pub remarks: &'a [(String, String)],
}

/// One bucket of a forecast that was made earlier; amounts in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastForecast {
    /// The cut-off of that forecast.
    pub as_of: Date,
    /// Currency of the amounts.
    pub currency: Currency,
    /// First day of the bucket.
    pub start: Date,
    /// Last day of the bucket, inclusive.
    pub end: Date,
    /// Mean of all layers.
    pub expected: i64,
    /// Amount reached with a chance of 90 %.
    pub p10: i64,
    /// Amount reached with a chance of 10 %.
    pub p90: i64,
}

/// A composed page.
#[derive(Clone, Debug)]
pub struct Report {
    page: Page,
}

/// Composes the page.
///
/// # Errors
///
/// [`Error::NotDrawn`] when a picture cannot be drawn.
pub fn compose(sources: &Sources<'_>) -> Result<Report, Error> {
    let cash = sources.cash;
    let mut blocks = Vec::new();
    if cash.currencies.is_empty() {
        blocks.push(Block::Text(
            "No invoice is open and no billing is expected, so there is nothing to forecast.".to_owned(),
        ));
    }
    // The currency with the most invoices is what a treasurer opens the page for.
    let mut books: Vec<_> = cash.currencies.iter().collect();
    books.sort_by_key(|book| (std::cmp::Reverse(book.invoice_count), book.currency));
    for book in books {
        blocks.extend(currency::blocks(sources, book)?);
    }
    blocks.push(closing::blocks(sources));
    Ok(Report {
        page: Page {
            title: format!("Receipts forecast as of {}", cash.as_of),
            subtitle: format!(
                "The {} days after {}, by week. What was known at the end of that day, and nothing later. \
                 Currencies are kept apart.",
                cash.plan.horizon_days, cash.as_of
            ),
            blocks,
        },
    })
}

impl Report {
    /// Returns the page as one HTML document without scripts and links.
    #[must_use]
    pub fn html(&self) -> String {
        html::document(&self.page)
    }

    /// Returns the page as Markdown, and its pictures as file names and SVG; names begin with `stem`.
    #[must_use]
    pub fn markdown(&self, stem: &str) -> (String, Vec<(String, String)>) {
        let pictures = self.page.pictures();
        let files = pictures
            .iter()
            .map(|picture| (markdown::file_name(stem, &picture.name), picture.file()))
            .collect();
        (markdown::document(&self.page, stem), files)
    }
}

/// How the page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportFormat {
    Html,
    Markdown,
}

/// A file that takes the page, as named on the command line: `.html` or `.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Where the page is to appear.
    pub path: PathBuf,
    format: ReportFormat,
}

impl FromStr for ReportFile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let path = PathBuf::from(text);
        let extension = path.extension().and_then(|extension| extension.to_str());
        let format = match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("html") => ReportFormat::Html,
            Some("md") => ReportFormat::Markdown,
            Some(_) | None => {
                return Err(Error::ExtensionUnknown {
                    given: text.to_owned(),
                    allowed: ".html or .md".to_owned(),
                });
            }
        };
        Ok(Self { path, format })
    }
}

impl fmt::Display for ReportFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path.display())
    }
}

/// Writes the page; the pictures of a Markdown page lie beside it and begin with its name.
///
/// # Errors
///
/// [`Error::Write`] when a file cannot be written.
pub fn write(file: &ReportFile, report: &Report) -> Result<(), Error> {
    match file.format {
        ReportFormat::Html => put(&file.path, &report.html()),
        ReportFormat::Markdown => {
            let stem = file.path.file_stem().and_then(|stem| stem.to_str());
            let (text, pictures) = report.markdown(stem.unwrap_or("report"));
            // Pictures first: a page never refers to one that is not there.
            for (name, svg) in &pictures {
                put(&file.path.with_file_name(name), svg)?;
            }
            put(&file.path, &text)
        }
    }
}

fn put(path: &Path, text: &str) -> Result<(), Error> {
    let mut staged = StagedFile::create(path)?;
    staged
        .writer()
        .write_all(text.as_bytes())
        .map_err(Error::at(path))?;
    staged.commit()
}

#[cfg(test)]
mod tests {
    use super::{ReportFile, ReportFormat};

    #[test]
    fn the_extension_names_the_form_of_the_page() {
        let page: ReportFile = "week.HTML".parse().unwrap();
        assert_eq!(page.format, ReportFormat::Html);
        let page: ReportFile = "out/week.md".parse().unwrap();
        assert_eq!(page.format, ReportFormat::Markdown);
        let refusal = "week.pdf".parse::<ReportFile>().unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "the file name must end in .html or .md, got \"week.pdf\""
        );
    }
}
