//! The linear programme of a round: where the planes seen so far are least, within a box.

use good_lp::{Expression, ProblemVariables, Solution, SolverModel, Variable, microlp, variable};

use super::market::{BLOCKS, Cut};

/// Share of the unit within which a plane counts as touched, and a price as at the edge of its box.
const TOUCH: f64 = 1e-9;

/// No block gains more than one unit of value; twice that keeps every programme feasible, rounding included.
const VALUE_MAX: f64 = 2.0;

/// What a round knows.
pub(super) struct Master<'a> {
    /// The planes.
    pub(super) cuts: &'a [Cut],
    /// Minutes of each group.
    pub(super) minutes: &'a [f64],
    /// Least price of each group.
    pub(super) lower: &'a [f64],
    /// Greatest price of each group.
    pub(super) upper: &'a [f64],
    /// What each block gains where minutes cost nothing; blocks without any are left out.
    pub(super) most: &'a [f64],
    /// Unit of values: what all blocks gain where minutes cost nothing. The solver so sees numbers around one.
    pub(super) value_unit: f64,
    /// Unit of prices.
    pub(super) price_unit: f64,
}

/// What a round proposes.
pub(super) struct Proposal {
    /// Price of each group.
    pub(super) prices: Vec<f64>,
    /// The bound there, as far as the planes tell, without what needs no minutes.
    pub(super) value: f64,
    /// Which planes it touches.
    pub(super) touched: Vec<bool>,
}

impl Master<'_> {
    /// Solves it; an error is what the solver says.
    pub(super) fn solve(&self) -> Result<Proposal, String> {
        let mut variables = ProblemVariables::new();
        let prices: Vec<Variable> = self
            .lower
            .iter()
            .zip(self.upper)
            .map(|(lower, upper)| {
                variables.add(variable().clamp(lower / self.price_unit, upper / self.price_unit))
            })
            .collect();
        let blocks: Vec<usize> = (0..BLOCKS).filter(|block| self.most[*block] > 0.0).collect();
        let values: Vec<Variable> = blocks
            .iter()
            .map(|_| variables.add(variable().clamp(0.0, VALUE_MAX)))
            .collect();
        let mut objective = Expression::with_capacity(prices.len() + values.len());
        for (price, minutes) in prices.iter().zip(self.minutes) {
            objective.add_mul(self.weight(*minutes), *price);
        }
        for value in &values {
            objective.add_mul(1.0, *value);
        }
        let mut model = variables.minimise(objective).using(microlp);
        for cut in self.cuts {
            for (block, value) in blocks.iter().zip(&values) {
                // value >= cut + minutes x (price at the cut - price), all on the left of "at most".
                let mut row = Expression::with_capacity(prices.len() + 1);
                row.add_mul(-1.0, *value);
                let mut at_zero = cut.values[*block] / self.value_unit;
                for (group, minutes) in cut.minutes[*block].iter().enumerate() {
                    if *minutes > 0.0 {
                        let weight = self.weight(*minutes);
                        row.add_mul(-weight, prices[group]);
                        at_zero += weight * cut.prices[group] / self.price_unit;
                    }
                }
                model.add_constraint(row.leq(-at_zero));
            }
        }
        let solution = model.solve().map_err(|error| error.to_string())?;
        let prices: Vec<f64> = prices
            .iter()
            .zip(self.lower.iter().zip(self.upper))
            .map(|(price, (lower, upper))| {
                // The solver keeps bounds up to its own tolerance; of no number this makes the lower one.
                (solution.value(*price) * self.price_unit).max(*lower).min(*upper)
            })
            .collect();
        Ok(self.proposal(prices))
    }

    /// Whether a price is held by its box rather than by what prices can be.
    pub(super) fn is_at_edge(&self, prices: &[f64], ceilings: &[f64]) -> bool {
        let near = TOUCH * self.price_unit;
        prices.iter().enumerate().any(|(group, price)| {
            let is_low = self.lower[group] > 0.0 && price - self.lower[group] <= near;
            let is_high = self.upper[group] < ceilings[group] && self.upper[group] - price <= near;
            is_low || is_high
        })
    }

    fn weight(&self, minutes: f64) -> f64 {
        minutes * self.price_unit / self.value_unit
    }

    /// The value of the planes at prices, worked out here: the solver's own is only as exact as its tolerance.
    fn proposal(&self, prices: Vec<f64>) -> Proposal {
        let mut highest = [0.0; BLOCKS];
        let mut planes = Vec::with_capacity(self.cuts.len());
        for cut in self.cuts {
            let plane: Vec<f64> = (0..BLOCKS).map(|block| plane(cut, block, &prices)).collect();
            for (highest, value) in highest.iter_mut().zip(&plane) {
                *highest = f64::max(*highest, *value);
            }
            planes.push(plane);
        }
        let near = TOUCH * self.value_unit;
        let touched = planes
            .iter()
            .map(|plane| {
                (0..BLOCKS).any(|block| self.most[block] > 0.0 && plane[block] >= highest[block] - near)
            })
            .collect();
        let worth: f64 = self
            .minutes
            .iter()
            .zip(&prices)
            .map(|(minutes, price)| minutes * price)
            .sum();
        Proposal {
            value: worth + highest.iter().sum::<f64>(),
            prices,
            touched,
        }
    }
}

fn plane(cut: &Cut, block: usize, prices: &[f64]) -> f64 {
    let slope: f64 = cut.minutes[block]
        .iter()
        .zip(cut.prices.iter().zip(prices))
        .map(|(minutes, (at, price))| minutes * (at - price))
        .sum();
    cut.values[block] + slope
}
