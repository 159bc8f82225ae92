//! `hazard_trees`: champion.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::{FeatureTable, HORIZON_DAYS};
use crate::model::day_rows::{self, DayRow};
use crate::model::day_values::DayValues;
use crate::model::design::{Design, Terms};
use crate::model::distribution::single;
use crate::model::hazard::{HazardModel, HazardParams};
use crate::model::logistic::{SparseLogistic, SparseLogisticParams};
use crate::model::records::Outcomes;
use crate::model::sparse_rows::SparseRows;
use crate::model::trees::{Bins, BoostedTrees, BoostedTreesParams, DayMasks, DaySums};
use crate::model::{Error, PaymentDistribution};

fn env(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// Hyperparameters of [`HazardTreesModel`], unchecked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HazardTreesParams {
    seed: u64,
}

impl Default for HazardTreesParams {
    fn default() -> Self {
        Self { seed: 20_261_122 }
    }
}

impl HazardTreesParams {
    /// Sets the seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// None so far.
    pub fn check(self) -> Result<HazardTreesValidParams, Error> {
        Ok(HazardTreesValidParams(self))
    }
}

/// Checked hyperparameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HazardTreesValidParams(HazardTreesParams);

/// A fitted champion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HazardTreesModel {
    plain: HazardModel,
    bins: Bins,
    boosted: BoostedTrees,
    /// Trees whose leaf values are the coefficients of their leaves.
    encoder: BoostedTrees,
    encoded: SparseLogistic,
    weights: [f64; 3],
    base: f64,
}

impl Fit<FeatureTable, Outcomes, Error> for HazardTreesValidParams {
    type Object = HazardTreesModel;

    fn fit(&self, dataset: &DatasetBase<FeatureTable, Outcomes>) -> Result<HazardTreesModel, Error> {
        let t0 = std::time::Instant::now();
        let table = &dataset.records;
        let plain = HazardParams::default().seed(self.0.seed).check()?.fit(dataset)?;
        eprintln!("plain {:?}", t0.elapsed());
        let values = DayValues::new(table)?;
        let rows = day_rows::draw(table, &dataset.targets.0, env("DC_ROWS", 300_000.0) as u32, self.0.seed);
        let matrix = matrix(&values, &plain, &rows)?;
        let bins = Bins::of_rows(&matrix, values.width());
        let mut binned = bins.apply(&matrix);
        let shrink = env("DC_BASE", 1.0);
        let at = values.width() - 1;
        binned.offsets = rows.iter().enumerate().map(|(i, row)| row.offset + shrink * f64::from(matrix[i * values.width() + at])).collect();
        eprintln!("rows {} of {} {:?}", rows.len(), table.len(), t0.elapsed());
        let params = BoostedTreesParams {
            trees: env("DC_TREES", 250.0) as usize,
            leaves: env("DC_LEAVES", 15.0) as usize,
            rate: env("DC_RATE", 0.08),
            penalty: env("DC_PENALTY", 1.0),
            curvature_min: env("DC_CURV", 8.0),
            row_share: env("DC_RSHARE", 0.6),
            column_share: env("DC_CSHARE", 0.5),
            seed: self.0.seed,
        };
        let events: Vec<bool> = rows.iter().map(|row| row.paid).collect();
        let set = DatasetBase::new(binned, events);
        let boosted = params.check(&bins)?.fit(&set)?;
        eprintln!("boosted {:?}", t0.elapsed());
        // Leaves.
        let (binned, events) = (set.records, set.targets);
        let middle = rows[rows.len() / 2].row;
        let split = rows.partition_point(|row| row.row <= middle);
        let older = crate::model::trees::BinnedRows {
            columns: binned.columns.iter().map(|c| c[..split].to_vec()).collect(),
            offsets: binned.offsets[..split].to_vec(),
        };
        let params = BoostedTreesParams {
            trees: env("DC_ETREES", 30.0) as usize,
            leaves: env("DC_ELEAVES", 16.0) as usize,
            rate: 0.15,
            ..params
        };
        let mut encoder = params
            .check(&bins)?
            .fit(&DatasetBase::new(older, events[..split].to_vec()))?;
        let design = plain.design(table)?;
        let leaves: usize = encoder.trees.iter().map(|tree| tree.leaf_count()).sum();
        let width = design.width() + leaves;
        let newer: Vec<usize> = (if env("DC_EALL", 0.0) > 0.5 { 0 } else { split }..rows.len()).collect();
        let parts: Vec<SparseRows> = newer
            .par_chunks(4096)
            .map(|at| {
                let mut part = SparseRows::new(width);
                let mut terms = Terms::new();
                for at in at {
                    let day = rows[*at];
                    design.fill(day.row, day.ahead, &mut terms);
                    let mut first = design.width();
                    for tree in &encoder.trees {
                        terms.push((first + tree.leaf(|column| binned.columns[column][*at]), 1.0));
                        first += tree.leaf_count();
                    }
                    let values = terms.iter().map(|(column, value)| (*column, single(*value)));
                    part.push(values, day.offset, 1.0);
                }
                part
            })
            .collect();
        let mut sparse = SparseRows::new(width);
        parts.into_iter().for_each(|part| sparse.append(part));
        let paid: Vec<bool> = newer.iter().map(|at| rows[*at].paid).collect();
        let mut encoded = SparseLogisticParams {
            penalty: env("DC_EPEN", 5.0),
            iterations_max: 100,
            ..SparseLogisticParams::default()
        }
        .check()?
        .fit(&DatasetBase::new(sparse, paid))?;
        eprintln!("encoded {:?} {} iterations", t0.elapsed(), encoded.iterations);
        let mut first = design.width();
        encoder.intercept = 0.0;
        for tree in &mut encoder.trees {
            let count = tree.leaf_count();
            tree.leaves.copy_from_slice(&encoded.coefficients[first..first + count]);
            first += count;
        }
        encoded.coefficients.truncate(design.width());
        Ok(HazardTreesModel {
            plain,
            bins,
            boosted,
            encoder,
            encoded,
            base: shrink,
            weights: [env("DC_W0", 0.0), env("DC_W1", 1.0), env("DC_W2", 0.0)],
        })
    }
}

/// Row-major values of day-ahead rows.
fn matrix(values: &DayValues<'_>, plain: &HazardModel, rows: &[DayRow]) -> Result<Vec<f32>, Error> {
    let design = plain.design(values.table())?;
    let width = values.width();
    let mut matrix = vec![0.0; rows.len() * width];
    let names: Vec<String> = values.table().feature_names().into_iter().chain(crate::model::day_values::NAMES).map(str::to_owned).collect();
    let drop: Vec<usize> = std::env::var("DC_DROP").unwrap_or_default().split(',').filter(|n| !n.is_empty()).map(|n| names.iter().position(|x| x == n).expect(n)).collect();
    matrix
        .par_chunks_mut(4096 * width)
        .zip(rows.par_chunks(4096))
        .for_each(|(out, rows)| {
            let mut terms = Terms::new();
            let mut latest = (usize::MAX, Vec::new());
            for (out, day) in out.chunks_mut(width).zip(rows) {
                if latest.0 != day.row {
                    latest = (day.row, plain.log_odds(&design, day.row, &mut terms));
                }
                let (fixed, of_day) = out.split_at_mut(values.fixed_count());
                for (out, value) in fixed.iter_mut().zip(values.fixed(day.row)) {
                    *out = single(*value);
                }
                for c in &drop { if *c < fixed.len() { fixed[*c] = 0.0; } }
                of_day.copy_from_slice(&values.on_day(day.row, day.ahead, latest.1[day.ahead - 1]));
                let nf = fixed.len();
                for c in &drop { if *c >= nf { of_day[*c - nf] = 0.0; } }
            }
        });
    Ok(matrix)
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl HazardTreesModel {
    /// Returns the distributions of all rows.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] for a feature that is not a number.
    pub fn distributions(&self, table: &FeatureTable) -> Result<Vec<PaymentDistribution>, Error> {
        let t0 = std::time::Instant::now();
        let values = DayValues::new(table)?;
        let design = self.plain.design(table)?;
        let result = (0..table.len())
            .into_par_iter()
            .map_init(
                || (Terms::new(), DayMasks::new(values.fixed_count(), &self.bins)),
                |(terms, masks), row| self.distribution(&values, &design, row, terms, masks),
            )
            .collect();
        eprintln!("predicted {} rows {:?}", table.len(), t0.elapsed());
        result
    }

    fn distribution(
        &self,
        values: &DayValues<'_>,
        design: &Design<'_>,
        row: usize,
        terms: &mut Terms,
        masks: &mut DayMasks,
    ) -> Result<PaymentDistribution, Error> {
        let plain = self.plain.log_odds(design, row, terms);
        let fixed: Vec<u8> = values
            .fixed(row)
            .iter()
            .enumerate()
            .map(|(column, value)| self.bins.bin(column, single(*value)))
            .collect();
        let days: Vec<_> = (1..=HORIZON_DAYS)
            .map(|ahead| values.on_day(row, ahead, plain[ahead - 1]))
            .collect();
        if std::env::var("DC_DEBUG").ok().as_deref() == values.table().text("customer_id").unwrap().get(row) {
            for ahead in [3, 4, 18, 32, 67] {
                let named: Vec<_> = crate::model::day_values::NAMES.iter().zip(days[ahead - 1]).map(|(n, v)| format!("{n}={v:.2}")).collect();
                eprintln!("DBG {ahead} {}", named.join(" "));
            }
            eprintln!("DBG runs {:?} gap {} since {:?} cut {:?} rate {} wd {:?} pl {:?} atrun {:?}", values.table().invoice(row).profile.run_count, values.table().invoice(row).profile.run_gap_days, values.table().invoice(row).profile.days_since_run, values.table().invoice(row).profile.cut_weights, values.table().invoice(row).profile.run_rate, values.table().invoice(row).profile.weekday, values.table().invoice(row).profile.places,values.table().invoice(row).profile.at_run);
        }
        for column in fixed.len()..values.width() {
            masks.set(
                column,
                days.iter().map(|day| self.bins.bin(column, day[column - fixed.len()])),
            );
        }
        let mut boosted = DaySums::constant(self.boosted.intercept);
        boosted.add_trees(&self.boosted, &fixed, masks);
        let mut leaves = DaySums::constant(0.0);
        leaves.add_trees(&self.encoder, &fixed, masks);
        let encoded = self.plain.log_odds_with(&self.encoded, design, row, terms);
        let env_base = self.base;
        let mut unpaid = [1.0; 3];
        let cdf = boosted
            .days()
            .zip(leaves.days())
            .enumerate()
            .map(|(day, (boosted, leaves))| {
                let hazards = [
                    logistic(plain[day]),
                    logistic(boosted + env_base * plain[day]),
                    logistic(encoded[day] + leaves),
                ];
                let mut paid = 0.0;
                for k in 0..3 {
                    unpaid[k] *= 1.0 - hazards[k];
                    paid += self.weights[k] * (1.0 - unpaid[k]);
                }
                single(paid)
            })
            .collect();
        PaymentDistribution::from_cdf(cdf)
    }

    pub(crate) fn other_endings(&self) -> &crate::model::endings::OtherEndings {
        &self.plain.other_endings
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

impl PredictInplace<FeatureTable, Vec<PaymentDistribution>> for HazardTreesModel {
    /// Predicts every row.
    fn predict_inplace<'a>(&'a self, table: &'a FeatureTable, predictions: &mut Vec<PaymentDistribution>) {
        *predictions = self.distributions(table).expect("features of a table are finite");
    }

    fn default_target(&self, table: &FeatureTable) -> Vec<PaymentDistribution> {
        Vec::with_capacity(table.len())
    }
}
