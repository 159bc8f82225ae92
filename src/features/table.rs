//! The feature table: a row an open invoice at a cut-off, and what its payer's coming days look like.

use polars::prelude::*;

use crate::domain::Date;
use crate::domain::date::{day_number, from_day_number};
use crate::features::instalment::OpenLine;
use crate::features::lateness::BINS;
use crate::features::profile::PayerProfile;
use crate::features::window::CalendarDay;
use crate::features::{column, family};

/// Features of open invoices at one or more cut-offs.
///
/// Rows are sorted by cut-off, then customer, then invoice id. Beside the frame, whose columns are
/// the keys and then the features, each row knows its payer's profile and its calendar, from which
/// the features of each coming day are read.
#[derive(Debug, Clone)]
pub struct FeatureTable {
    pub(crate) frame: DataFrame,
    pub(crate) profiles: Vec<PayerProfile>,
    /// Log-odds by lateness bin of each group of equal terms at each cut-off, and of the cells in them.
    pub(crate) groups: Vec<[f64; BINS]>,
    /// Log-odds by lateness bin of the book at each cut-off.
    pub(crate) books: Vec<[f64; BINS]>,
    pub(crate) windows: Vec<Vec<CalendarDay>>,
    pub(crate) links: Vec<Link>,
    /// Open instalments of the rows that are on a plan.
    pub(crate) plans: Vec<Vec<OpenLine>>,
}

/// Where a row's profile, group, book and calendar lie, and the days it is counted from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) cutoff_day: i32,
    pub(crate) rolled_due_day: i32,
    pub(crate) due_day: i32,
    pub(crate) invoice_day: i32,
    /// Index of its open instalments in [`FeatureTable::plans`], if it is on a plan.
    pub(crate) plan: Option<usize>,
    pub(crate) profile: usize,
    pub(crate) group: usize,
    /// Whether that is a cell: customers of the same country and segment as well.
    pub(crate) is_cell: bool,
    pub(crate) book: usize,
    pub(crate) window: usize,
}

/// One row, as the features of coming days need it.
#[derive(Debug, Clone, Copy)]
pub struct InvoiceView<'a> {
    /// The payer's behaviour at the cut-off.
    pub profile: &'a PayerProfile,
    /// Log-odds of payment by lateness bin of payers with equal terms, and of the same country and segment where these
    /// say more.
    pub group: &'a [f64; BINS],
    /// Log-odds of payment by lateness bin of the whole book.
    pub book: &'a [f64; BINS],
    /// The days after the cut-off, first one first.
    pub days: &'a [CalendarDay],
    /// Day number of the cut-off.
    pub cutoff_day: i32,
    /// Day number from which lateness counts: the due date rolled to the payer's business day, of the last
    /// instalment where the invoice is on a plan.
    pub rolled_due_day: i32,
    /// Day number of the due date in the ledger.
    pub due_day: i32,
    /// Day number of the invoice date.
    pub invoice_day: i32,
    /// What is owed of the instalments of its plan, by due day; empty without a plan.
    pub instalments: &'a [OpenLine],
}

impl FeatureTable {
    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Returns whether no invoice was open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Returns the table: key columns ([`column::KEYS`]), then one `f64` column a feature.
    #[must_use]
    pub fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// Returns the names of the feature columns, in order.
    #[must_use]
    pub fn feature_names(&self) -> Vec<&'static str> {
        family::all().iter().map(|feature| feature.name).collect()
    }

    /// Returns one row as a table of its own: what explains it then looks at nothing else.
    ///
    /// # Panics
    ///
    /// When `row` is not below [`FeatureTable::len`].
    #[must_use]
    pub fn row(&self, row: usize) -> Self {
        let link = self.links[row];
        Self {
            frame: self
                .frame
                .slice(i64::try_from(row).expect("a row number fits i64"), 1),
            profiles: vec![self.profiles[link.profile].clone()],
            groups: vec![self.groups[link.group]],
            books: vec![self.books[link.book]],
            windows: vec![self.windows[link.window].clone()],
            plans: link
                .plan
                .map(|plan| self.plans[plan].clone())
                .into_iter()
                .collect(),
            links: vec![Link {
                plan: link.plan.map(|_| 0),
                profile: 0,
                group: 0,
                book: 0,
                window: 0,
                ..link
            }],
        }
    }

    /// Returns what the coming days of row `row` depend on.
    ///
    /// # Panics
    ///
    /// When `row` is not below [`FeatureTable::len`].
    #[must_use]
    pub fn invoice(&self, row: usize) -> InvoiceView<'_> {
        let link = self.links[row];
        InvoiceView {
            profile: &self.profiles[link.profile],
            group: &self.groups[link.group],
            book: &self.books[link.book],
            days: &self.windows[link.window],
            cutoff_day: link.cutoff_day,
            rolled_due_day: link.rolled_due_day,
            due_day: link.due_day,
            invoice_day: link.invoice_day,
            instalments: link
                .plan
                .map(|plan| self.plans[plan].as_slice())
                .unwrap_or_default(),
        }
    }

    /// Returns whether the row after row `row` is of the same payer at the same cut-off.
    pub(crate) fn is_payer_of_next(&self, row: usize) -> bool {
        let days_of = |link: &Link| (link.profile, link.window);
        self.links.get(row + 1).map(days_of) == self.links.get(row).map(days_of)
    }

    /// Returns whether row `row` has customers of its country and segment, not of its terms alone, as its group.
    pub(crate) fn is_of_cell(&self, row: usize) -> bool {
        self.links.get(row).is_some_and(|link| link.is_cell)
    }

    /// Returns the cut-off of row `row`.
    ///
    /// # Panics
    ///
    /// When `row` is not below [`FeatureTable::len`].
    #[must_use]
    pub fn cutoff(&self, row: usize) -> Date {
        from_day_number(self.links[row].cutoff_day)
    }

    /// Returns the rows of one cut-off.
    #[must_use]
    pub fn rows_at(&self, cutoff: Date) -> std::ops::Range<usize> {
        let day = day_number(cutoff);
        let start = self.links.partition_point(|link| link.cutoff_day < day);
        start..self.links.partition_point(|link| link.cutoff_day <= day)
    }

    /// Returns the values of a text key column.
    ///
    /// # Errors
    ///
    /// When the column does not exist or is not text.
    pub fn text(&self, name: &str) -> PolarsResult<&StringChunked> {
        self.frame.column(name)?.str()
    }

    /// Returns the values of an integer key column ([`column::OPEN_MINOR`], [`column::GROSS_MINOR`], ..).
    ///
    /// # Errors
    ///
    /// When the column does not exist or is not a 64-bit integer.
    pub fn integers(&self, name: &str) -> PolarsResult<&Int64Chunked> {
        self.frame.column(name)?.i64()
    }

    /// Returns the values of a feature column.
    ///
    /// # Errors
    ///
    /// When the column does not exist or is not a number.
    pub fn numbers(&self, name: &str) -> PolarsResult<&Float64Chunked> {
        self.frame.column(name)?.f64()
    }

    /// Returns the agreed due date of row `row`.
    ///
    /// # Panics
    ///
    /// When `row` is not below [`FeatureTable::len`].
    #[must_use]
    pub fn due_date(&self, row: usize) -> Date {
        from_day_number(self.links[row].due_day)
    }

    /// Returns the invoice dates of all rows as day numbers.
    ///
    /// # Errors
    ///
    /// When the column is missing.
    pub fn invoice_days(&self) -> PolarsResult<Vec<i32>> {
        let days = self.frame.column(column::INVOICE_DATE)?.cast(&DataType::Int32)?;
        Ok(days.i32()?.iter().map(Option::unwrap_or_default).collect())
    }
}
