//! Drift of inputs: does the open book still look like the one that the model was trained on?
//!
//! # Definition
//!
//! A feature is cut at the tenths of its values on the day of training. With `e` the share of a bin then and `a`
//! the share now, the population stability index is
//!
//! `PSI = sum over the bins of (a - e) ln(a / e)`,
//!
//! the Jeffreys divergence of the two histograms (Siddiqi 2006, Credit Risk Scorecards, chapter 10). By custom less
//! than 0.10 is no shift and more than 0.25 a large one. Of two samples of one population it is not 0 but about
//! `(bins - 1) (1 / n + 1 / m)` (Yurdakul 2018, Statistical Properties of Population Stability Index), so that small
//! books look unstable. Half a row is added to every bin, so that an empty one is not infinitely far away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::Date;
use crate::features::FeatureTable;

use super::Error;
use super::metrics::real;

/// Bins of a feature, without the one of missing values.
const BINS: usize = 10;
/// Version of the layout of a profile.
const FORMAT: u32 = 1;
/// Rows that are added to every bin.
const HALF_A_ROW: f64 = 0.5;

/// How the features of an open book were distributed on the day of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureProfile {
    /// Version of the layout.
    pub format: u32,
    /// The day of the book.
    pub as_of: Date,
    /// Open invoices of the book.
    pub rows: usize,
    /// One entry a feature.
    pub features: BTreeMap<String, FeatureShares>,
}

/// How one feature was distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureShares {
    /// Upper ends of all bins but the last, ascending; equal tenths are one bin.
    pub edges: Vec<f64>,
    /// Share of each bin, then that of missing values; they sum to 1.
    pub shares: Vec<f64>,
}

/// Describes an open book.
///
/// # Errors
///
/// [`Error::Table`] when a feature column is missing.
pub fn feature_profile(as_of: Date, book: &FeatureTable) -> Result<FeatureProfile, Error> {
    let mut features = BTreeMap::new();
    for name in book.feature_names() {
        let values = values(book, name)?;
        let edges = edges(&values);
        let shares = shares(&edges, &values);
        features.insert(name.to_owned(), FeatureShares { edges, shares });
    }
    Ok(FeatureProfile {
        format: FORMAT,
        as_of,
        rows: book.len(),
        features,
    })
}

/// Returns the population stability index of each feature of the profile that an open book has.
///
/// # Errors
///
/// [`Error::Table`] when a feature column cannot be read.
pub fn stability(profile: &FeatureProfile, book: &FeatureTable) -> Result<BTreeMap<String, f64>, Error> {
    let mut found = BTreeMap::new();
    for name in book.feature_names() {
        if let Some(then) = profile.features.get(name) {
            let now = shares(&then.edges, &values(book, name)?);
            found.insert(name.to_owned(), stability_index(&then.shares, &now));
        }
    }
    Ok(found)
}

/// Returns the population stability index of two histograms over the same bins; every share must be above 0.
#[must_use]
pub fn stability_index(expected: &[f64], actual: &[f64]) -> f64 {
    expected
        .iter()
        .zip(actual)
        .map(|(expected, actual)| (actual - expected) * (actual / expected).ln())
        .sum()
}

/// The values of a feature; one that is missing or no number is `None`.
fn values(book: &FeatureTable, name: &str) -> Result<Vec<Option<f64>>, Error> {
    let column = book.numbers(name)?;
    Ok((0..book.len())
        .map(|row| column.get(row).filter(|value| value.is_finite()))
        .collect())
}

/// Upper ends of the tenths; the largest value ends the last bin and is no edge.
fn edges(values: &[Option<f64>]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let Some(&largest) = sorted.last() else {
        return Vec::new();
    };
    let mut edges: Vec<f64> = (1..BINS)
        .map(|tenth| sorted[(sorted.len() * tenth).div_ceil(BINS) - 1])
        .filter(|edge| *edge < largest)
        .collect();
    edges.dedup_by(|later, earlier| *later <= *earlier);
    edges
}

/// Share of each bin and of missing values.
fn shares(edges: &[f64], values: &[Option<f64>]) -> Vec<f64> {
    let mut counts = vec![HALF_A_ROW; edges.len() + 2];
    for value in values {
        let bin = match value {
            Some(value) => edges.partition_point(|edge| edge < value),
            None => edges.len() + 1,
        };
        counts[bin] += 1.0;
    }
    let total = real(values.len()) + HALF_A_ROW * real(counts.len());
    counts.into_iter().map(|count| count / total).collect()
}

#[cfg(test)]
mod tests {
    use super::{edges, shares, stability_index};

    #[test]
    fn equal_histograms_have_an_index_of_zero() {
        assert!(stability_index(&[0.5, 0.5], &[0.5, 0.5]).abs() < 1e-15);
    }

    #[test]
    fn the_index_is_that_worked_by_hand() {
        // (0.3 - 0.5) ln(0.3 / 0.5) + (0.7 - 0.5) ln(0.7 / 0.5) = 0.102165 + 0.067294.
        let index = stability_index(&[0.5, 0.5], &[0.3, 0.7]);
        assert!((index - 0.169_460).abs() < 1e-5, "{index}");
        // 0.1 ln(0.2 / 0.1) + (-0.1) ln(0.2 / 0.3) = 0.069315 + 0.040547.
        let index = stability_index(&[0.1, 0.3, 0.6], &[0.2, 0.2, 0.6]);
        assert!((index - 0.109_861).abs() < 1e-5, "{index}");
    }

    #[test]
    fn bins_are_tenths_and_ties_are_one_bin() {
        let hundred: Vec<Option<f64>> = (1..=100).map(|value| Some(f64::from(value))).collect();
        assert_eq!(
            edges(&hundred),
            [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]
        );
        let mostly_zero: Vec<Option<f64>> = (0_i32..100)
            .map(|value| Some(f64::from((value - 75).max(0))))
            .collect();
        assert_eq!(edges(&mostly_zero), [0.0, 4.0, 14.0]);
        assert!(edges(&[Some(3.0); 20]).is_empty());
        assert!(edges(&[None; 20]).is_empty());
    }

    #[test]
    fn shares_sum_to_one_and_missing_values_have_their_own_bin() {
        let found = shares(&[1.0], &[Some(1.0), Some(1.5), Some(9.0), None]);
        // (1, 2, 1) rows and half a row in each of three bins: 1.5, 2.5, 1.5 of 5.5.
        assert!((found[0] - 1.5 / 5.5).abs() < 1e-12, "{found:?}");
        assert!((found[1] - 2.5 / 5.5).abs() < 1e-12, "{found:?}");
        assert!((found[2] - 1.5 / 5.5).abs() < 1e-12, "{found:?}");
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_book_that_moved_by_a_bin_is_a_large_shift() {
        let then: Vec<Option<f64>> = (1..=1_000).map(|value| Some(f64::from(value))).collect();
        let now: Vec<Option<f64>> = then.iter().map(|value| value.map(|v| v + 500.0)).collect();
        let cut = edges(&then);
        assert!(stability_index(&shares(&cut, &then), &shares(&cut, &now)) > 0.25);
        let same = stability_index(&shares(&cut, &then), &shares(&cut, &then));
        assert!(same.abs() < 1e-12, "{same}");
    }
}
