//! Rows of a design matrix of which only the non-zero values are held, and what rows in a row share only once.

use std::ops::Range;

use linfa::dataset::Records;

/// Sums that run side by side, so that none waits for the one before.
const LANES: usize = 4;

/// Rows of which only the non-zero values are held, with an offset and a weight each.
///
/// Rows that follow each other may share terms: the days of one invoice share what is known of the invoice. Shared
/// terms are held, and multiplied, once for all of these rows, a *run*.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SparseRows {
    pub(crate) width: usize,
    own: TermLists,
    shared: TermLists,
    /// The run of each row.
    runs: Vec<usize>,
    pub(crate) offsets: Vec<f64>,
    pub(crate) weights: Vec<f64>,
}

/// Lists of columns and values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TermLists {
    ends: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl SparseRows {
    /// Starts a set of rows with `width` columns.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            width,
            ..Self::default()
        }
    }

    /// Starts a run: the rows that are pushed from now on have these terms beside their own.
    ///
    /// # Panics
    ///
    /// When a column is not below the width.
    pub fn share(&mut self, terms: impl IntoIterator<Item = (usize, f32)>) {
        self.shared.push(terms, self.width);
    }

    /// Adds a row from its non-zero columns and values; those that its run shares are left out. A column that is
    /// named twice has the sum of both values.
    ///
    /// # Panics
    ///
    /// When a column is not below the width.
    pub fn push(&mut self, terms: impl IntoIterator<Item = (usize, f32)>, offset: f64, weight: f64) {
        if self.shared.ends.is_empty() {
            self.share([]);
        }
        self.own.push(terms, self.width);
        self.runs.push(self.shared.ends.len() - 1);
        self.offsets.push(offset);
        self.weights.push(weight);
    }

    /// Appends the rows of `other`, which has the same width.
    pub fn append(&mut self, other: Self) {
        let runs = self.shared.ends.len();
        self.runs.extend(other.runs.iter().map(|run| run + runs));
        self.own.append(other.own);
        self.shared.append(other.shared);
        self.offsets.extend(other.offsets);
        self.weights.extend(other.weights);
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Returns whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// The runs that some rows belong to, each with these of its rows.
    pub(crate) fn runs(&self, rows: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
        let mut start = rows.start;
        let runs = self.runs[rows].chunk_by(|one, next| one == next);
        runs.map(move |run| {
            let members = start..start + run.len();
            start = members.end;
            (run[0], members)
        })
    }

    /// What each row has for itself.
    pub(crate) fn own(&self) -> &TermLists {
        &self.own
    }

    /// What the rows of each run share.
    pub(crate) fn shared(&self) -> &TermLists {
        &self.shared
    }
}

impl TermLists {
    fn push(&mut self, terms: impl IntoIterator<Item = (usize, f32)>, width: usize) {
        for (column, value) in terms {
            assert!(column < width, "column {column} of {width}");
            self.columns
                .push(u32::try_from(column).expect("fewer columns than u32 holds"));
            self.values.push(value);
        }
        self.ends.push(self.columns.len());
    }

    fn append(&mut self, other: Self) {
        let shift = self.columns.len();
        self.ends.extend(other.ends.iter().map(|end| end + shift));
        self.columns.extend(other.columns);
        self.values.extend(other.values);
    }

    /// The sum of a list's values, each times the weight of its column.
    pub(crate) fn dot(&self, list: usize, weights: &[f64]) -> f64 {
        let (columns, values) = self.get(list);
        let (columns, last_columns) = columns.as_chunks::<LANES>();
        let (values, last_values) = values.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for (columns, values) in columns.iter().zip(values) {
            for (sum, (column, value)) in sums.iter_mut().zip(columns.iter().zip(values)) {
                *sum += weights[index(*column)] * f64::from(*value);
            }
        }
        for (column, value) in last_columns.iter().zip(last_values) {
            sums[0] += weights[index(*column)] * f64::from(*value);
        }
        sums.iter().sum()
    }

    /// Adds a list's values, each times `factor`, to the sum of its column.
    pub(crate) fn add(&self, list: usize, factor: f64, sums: &mut [f64]) {
        let (columns, values) = self.get(list);
        for (column, value) in columns.iter().zip(values) {
            sums[index(*column)] += factor * f64::from(*value);
        }
    }

    #[inline]
    fn get(&self, list: usize) -> (&[u32], &[f32]) {
        let start = if list == 0 { 0 } else { self.ends[list - 1] };
        let range = start..self.ends[list];
        (&self.columns[range.clone()], &self.values[range])
    }
}

fn index(column: u32) -> usize {
    usize::try_from(column).expect("a column is an index")
}

impl Records for SparseRows {
    type Elem = f64;

    fn nsamples(&self) -> usize {
        self.len()
    }

    fn nfeatures(&self) -> usize {
        self.width
    }
}
