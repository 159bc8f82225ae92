//! One open invoice as the hazards see it: its features, and what its payer's coming days look like.

use std::ops::Range;

use ndarray::{Array2, Axis, Slice};

use crate::features::{self, FeatureTable, InvoiceView, column};
use crate::model::matrix::Scaling;
use crate::model::{Error, matrix};

/// Invoices of a payer that are predicted at once at most: the book of a large one is shared out among processors.
const INVOICES_AT_ONCE: usize = 64;

/// Everything a hazard may ask about one invoice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvoiceInput<'a> {
    /// The payer's behaviour and the calendar.
    pub(crate) view: InvoiceView<'a>,
    /// Features in their own units, in the order of the feature list.
    pub(crate) features: &'a [f64],
    /// Features by name, as the terms of a day use them.
    pub(crate) facts: InvoiceFacts,
}

impl InvoiceInput<'_> {
    /// Days past the rolled due date on day `ahead` (from 1).
    pub(crate) fn days_past_due(&self, ahead: usize) -> i32 {
        self.view.cutoff_day + days(ahead) - self.view.rolled_due_day
    }

    /// Whether the due date has passed at the cut-off.
    pub(crate) fn is_overdue(&self) -> bool {
        self.view.cutoff_day >= self.view.rolled_due_day
    }
}

/// Features of an invoice in their own units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvoiceFacts {
    pub(crate) level: f64,
    pub(crate) spread: f64,
    pub(crate) history: f64,
    /// Days past the promised date at the cut-off, and the share of promises kept.
    pub(crate) promise: Option<(i32, f64)>,
}

/// Where these features are in the feature list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FactColumns {
    level: usize,
    spread: usize,
    history: usize,
    has_promise: usize,
    days_past_promise: usize,
    kept: usize,
}

impl FactColumns {
    /// Finds the columns by name.
    pub(crate) fn find() -> Self {
        Self {
            level: position_of(column::LATENESS_MEAN),
            spread: position_of(column::LATENESS_SPREAD),
            history: position_of(column::HISTORY_WEIGHT),
            has_promise: position_of(column::HAS_PROMISE),
            days_past_promise: position_of(column::DAYS_PAST_PROMISE),
            kept: position_of(column::PROMISE_KEPT_RATE),
        }
    }

    /// Reads the facts from a row of features.
    pub(crate) fn read(self, features: &[f64]) -> InvoiceFacts {
        let is_promised = features[self.has_promise] > 0.5;
        InvoiceFacts {
            level: features[self.level],
            spread: features[self.spread].max(1.0),
            history: features[self.history],
            promise: is_promised.then(|| (whole_days(features[self.days_past_promise]), features[self.kept])),
        }
    }
}

/// The rows of a feature table as inputs.
#[derive(Debug)]
pub(crate) struct Inputs<'a> {
    table: &'a FeatureTable,
    features: Array2<f64>,
    columns: FactColumns,
}

impl<'a> Inputs<'a> {
    /// Prepares a table.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] for a feature that is not a number.
    pub(crate) fn new(table: &'a FeatureTable) -> Result<Self, Error> {
        Ok(Self {
            table,
            features: matrix::features(table)?,
            columns: FactColumns::find(),
        })
    }

    /// Number of invoices.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// Number of features of each.
    pub(crate) fn feature_count(&self) -> usize {
        self.features.ncols()
    }

    /// The table they come from.
    pub(crate) fn table(&self) -> &'a FeatureTable {
        self.table
    }

    /// Location and scale of the features of the first `count` invoices.
    pub(crate) fn scaling(&self, count: usize) -> Scaling {
        Scaling::of(&self.features.slice_axis(Axis(0), Slice::from(..count)))
    }

    /// Ranges of neighbouring rows that are of one payer at one cut-off, in the order of the rows.
    pub(crate) fn payers(&self, rows: Range<usize>) -> Vec<Range<usize>> {
        let (mut payers, mut start) = (Vec::new(), rows.start);
        for row in rows.start + 1..=rows.end {
            let goes_on =
                row < rows.end && row - start < INVOICES_AT_ONCE && self.table.is_payer_of_next(row - 1);
            if !goes_on {
                payers.push(start..row);
                start = row;
            }
        }
        payers
    }

    /// The invoices of some rows.
    pub(crate) fn of(&self, rows: Range<usize>) -> Vec<InvoiceInput<'_>> {
        rows.map(|row| self.get(row)).collect()
    }

    /// The invoice of row `row`.
    pub(crate) fn get(&self, row: usize) -> InvoiceInput<'_> {
        let features = self
            .features
            .row(row)
            .to_slice()
            .expect("the matrix is row-major");
        InvoiceInput {
            view: self.table.invoice(row),
            features,
            facts: self.columns.read(features),
        }
    }
}

/// Where a feature is in the feature list.
///
/// # Panics
///
/// When there is no such feature.
pub(crate) fn position_of(name: &str) -> usize {
    features::features()
        .iter()
        .position(|feature| feature.name == name)
        .expect("the feature list has the features that models name")
}

/// A day of the horizon as a number of days.
pub(crate) fn days(ahead: usize) -> i32 {
    i32::try_from(ahead).expect("the horizon fits i32")
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "days are whole numbers within the range of dates"
)]
fn whole_days(days: f64) -> i32 {
    days.round() as i32
}
