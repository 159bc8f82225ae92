//! The only bridge from polars to numbers: feature columns as a dense row-major matrix.
//!
//! linfa wants ndarray 0.16 while polars brings 0.17, so columns are copied through here.

use ndarray::{Array2, ArrayBase, Data, Ix2};
use polars::prelude::PolarsResult;
use rayon::prelude::*;

use crate::features::FeatureTable;
use crate::model::Error;

/// Rows copied by one task.
const ROWS_A_TASK: usize = 4096;

/// Copies the feature columns of a table into a matrix of `rows x features`.
///
/// # Errors
///
/// [`Error::NotFinite`] names the first feature and row whose value is null, NaN or infinite.
pub(crate) fn features(table: &FeatureTable) -> Result<Array2<f64>, Error> {
    let names = table.feature_names();
    let columns = names
        .iter()
        .map(|name| Ok(table.numbers(name)?.rechunk()))
        .collect::<PolarsResult<Vec<_>>>()?;
    let first_bad = columns.par_iter().enumerate().find_map_first(|(index, column)| {
        let mut values = column.iter().map(|value| value.unwrap_or(f64::NAN)).enumerate();
        let (row, value) = values.find(|(_, value)| !value.is_finite())?;
        Some(Error::NotFinite {
            column: names[index].to_owned(),
            row,
            value,
        })
    });
    if let Some(error) = first_bad {
        return Err(error);
    }
    let columns = columns
        .iter()
        .map(|column| column.cont_slice())
        .collect::<PolarsResult<Vec<_>>>()?;
    let width = columns.len();
    let mut values = vec![0.0; table.len() * width];
    let blocks = values.par_chunks_mut(ROWS_A_TASK * width.max(1)).enumerate();
    blocks.for_each(|(block, rows)| {
        for (place, row) in rows.chunks_mut(width).enumerate() {
            for (value, column) in row.iter_mut().zip(&columns) {
                *value = column[block * ROWS_A_TASK + place];
            }
        }
    });
    Ok(Array2::from_shape_vec((table.len(), width), values).expect("a value a row and column"))
}

/// Location and scale with which each column is standardised.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Scaling {
    pub(crate) mean: Vec<f64>,
    pub(crate) scale: Vec<f64>,
}

impl Scaling {
    /// Standardised values further out than this are pulled in: one odd invoice should not steer a model.
    const VALUE_MAX: f64 = 4.0;

    /// Computes mean and standard deviation of each column; a constant column gets scale 1.
    pub(crate) fn of(matrix: &ArrayBase<impl Data<Elem = f64>, Ix2>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let rows = matrix.nrows().max(1) as f64;
        let mut scaling = Self {
            mean: Vec::new(),
            scale: Vec::new(),
        };
        for column in matrix.columns() {
            let mean = column.sum() / rows;
            let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / rows;
            scaling.mean.push(mean);
            scaling
                .scale
                .push(if variance > 1e-12 { variance.sqrt() } else { 1.0 });
        }
        scaling
    }

    /// Checks that there is a finite mean and a positive scale for each of `columns` columns.
    pub(crate) fn check(&self, columns: usize) -> Result<(), String> {
        check_numbers("mean", &self.mean, columns)?;
        check_numbers("scale", &self.scale, columns)?;
        if self.scale.iter().all(|scale| *scale > 0.0) {
            Ok(())
        } else {
            Err("scale must be positive".to_owned())
        }
    }

    /// Standardises one value of column `index`.
    pub(crate) fn apply(&self, index: usize, value: f64) -> f64 {
        ((value - self.mean[index]) / self.scale[index]).clamp(-Self::VALUE_MAX, Self::VALUE_MAX)
    }

    /// Standardises a whole matrix in place.
    pub(crate) fn apply_all(&self, matrix: &mut Array2<f64>) {
        for (index, mut column) in matrix.columns_mut().into_iter().enumerate() {
            column.mapv_inplace(|value| self.apply(index, value));
        }
    }
}

/// Checks the length of a list of parameters, and that they are finite.
pub(crate) fn check_numbers(name: &str, numbers: &[f64], length: usize) -> Result<(), String> {
    if numbers.len() != length {
        return Err(format!(
            "{name} must have {length} numbers, has {}",
            numbers.len()
        ));
    }
    if numbers.iter().all(|number| number.abs() < PARAMETER_MAX) {
        Ok(())
    } else {
        Err(format!("{name} must be numbers below {PARAMETER_MAX:e} in size"))
    }
}

/// No fitted parameter on standardised columns comes near this size.
const PARAMETER_MAX: f64 = 1e6;
