//! The grid of dependences under which a past book is simulated, and what lies between its points.

use serde::Serialize;

/// Couplings of a customer's invoices that are tried.
pub(super) const CUSTOMER: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 0.95];

/// Couplings of the whole book that are tried: close to none, for a few percent already move every
/// customer together.
pub(super) const BOOK: [f64; 6] = [0.0, 0.005, 0.02, 0.05, 0.1, 0.2];

/// What both couplings may sum to; the rest is the invoice's own.
pub(super) const SUM_MAX: f64 = 0.98;

/// Both shares of the latent variance: of the customer and of the whole book.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coupling {
    /// Share that the invoices of one customer have in common.
    pub customer: f64,
    /// Share that all invoices have in common.
    pub book: f64,
}

impl Coupling {
    /// Returns the point `share` of the way to another.
    pub(super) fn towards(self, other: Self, share: f64) -> Self {
        Self {
            customer: self.customer + share * (other.customer - self.customer),
            book: self.book + share * (other.book - self.book),
        }
    }

    /// Returns whether something is left for the single invoice.
    pub(super) fn is_allowed(self) -> bool {
        self.customer + self.book <= SUM_MAX + 1e-12
    }

    /// Returns the squared distance to another, the book's axis stretched to the length of the customer's.
    pub(super) fn distance(self, other: Self) -> f64 {
        let stretch = CUSTOMER[CUSTOMER.len() - 1] / BOOK[BOOK.len() - 1];
        let customer = self.customer - other.customer;
        let book = stretch * (self.book - other.book);
        customer * customer + book * book
    }

    /// Returns the couplings within one step of the grid around this point of it, in quarters of a step.
    pub(super) fn neighbours(self) -> Vec<Self> {
        let mut found = Vec::new();
        for customer in quarters(&CUSTOMER, self.customer) {
            for book in quarters(&BOOK, self.book) {
                let coupling = Self { customer, book };
                if coupling.is_allowed() {
                    found.push(coupling);
                }
            }
        }
        found
    }
}

/// Returns a tick of the axis and the values up to one tick away from it, in quarters.
fn quarters(axis: &[f64], value: f64) -> Vec<f64> {
    let (lower, share) = along(axis, value);
    let index = if share > 0.5 { lower + 1 } else { lower };
    let centre = axis[index];
    let mut values = vec![centre];
    for quarter in 1..=4_u8 {
        let share = f64::from(quarter) / 4.0;
        if index > 0 {
            values.push(centre + share * (axis[index - 1] - centre));
        }
        if let Some(upper) = axis.get(index + 1) {
            values.push(centre + share * (upper - centre));
        }
    }
    values
}

/// Returns the points of the grid, the book's axis running fastest.
///
/// Where both shares would leave too little for the invoice, the book's is cut, so that the grid stays
/// a rectangle; two neighbouring points are the same then.
pub(super) fn grid() -> Vec<Coupling> {
    let mut points = Vec::with_capacity(CUSTOMER.len() * BOOK.len());
    for customer in CUSTOMER {
        for book in BOOK {
            points.push(Coupling {
                customer,
                book: book.min(SUM_MAX - customer),
            });
        }
    }
    points
}

/// Low, middle and high of one week's cash, in units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Quantiles {
    pub(super) p10: f64,
    pub(super) p50: f64,
    pub(super) p90: f64,
}

impl Quantiles {
    /// Returns the quantiles `share` of the way to others.
    fn towards(self, other: Self, share: f64) -> Self {
        let between = |from: f64, to: f64| from + share * (to - from);
        Self {
            p10: between(self.p10, other.p10),
            p50: between(self.p50, other.p50),
            p90: between(self.p90, other.p90),
        }
    }
}

/// A place between the points of the grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    customer: (usize, f64),
    book: (usize, f64),
}

impl Spot {
    /// Finds a coupling on the grid; one outside is moved to its edge.
    pub(super) fn of(coupling: Coupling) -> Self {
        Self {
            customer: along(&CUSTOMER, coupling.customer),
            book: along(&BOOK, coupling.book),
        }
    }

    /// Reads the quantiles at this place from those of every point, linearly along both axes.
    ///
    /// A quantile moves smoothly with the coupling, and a step of the grid moves it by a few percent.
    pub(super) fn read(self, points: &[Quantiles]) -> Quantiles {
        let at = |customer: usize, book: usize| points[customer * BOOK.len() + book];
        let ((customer, along_customer), (book, along_book)) = (self.customer, self.book);
        let low = at(customer, book).towards(at(customer, book + 1), along_book);
        let high = at(customer + 1, book).towards(at(customer + 1, book + 1), along_book);
        low.towards(high, along_customer)
    }
}

/// Returns the tick at or below a value, never the last, and the share of the way to the next.
fn along(axis: &[f64], value: f64) -> (usize, f64) {
    let lower = axis
        .partition_point(|&tick| tick <= value)
        .saturating_sub(1)
        .min(axis.len() - 2);
    let share = (value - axis[lower]) / (axis[lower + 1] - axis[lower]);
    (lower, share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::{BOOK, CUSTOMER, Coupling, Quantiles, Spot, grid};

    fn quantiles(value: f64) -> Quantiles {
        Quantiles {
            p10: value,
            p50: 2.0 * value,
            p90: 3.0 * value,
        }
    }

    #[test]
    fn a_point_of_the_grid_is_read_as_it_is() {
        let points: Vec<Quantiles> = (0..36_u8).map(|index| quantiles(f64::from(index))).collect();
        for (index, customer) in CUSTOMER.into_iter().enumerate() {
            for (step, book) in BOOK.into_iter().enumerate() {
                let read = Spot::of(Coupling { customer, book }).read(&points);
                let expected = points[index * BOOK.len() + step];
                assert!((read.p10 - expected.p10).abs() < 1e-9, "{customer} {book}");
            }
        }
    }

    #[test]
    fn halfway_between_two_points_is_read_halfway() {
        let points: Vec<Quantiles> = (0..36_u8).map(|index| quantiles(f64::from(index))).collect();
        let between = Coupling {
            customer: 0.3,
            book: 0.005,
        };
        let read = Spot::of(between).read(&points);
        assert!((read.p10 - 10.0).abs() < 1e-9, "{read:?}");
    }

    #[test]
    fn every_point_leaves_something_to_the_invoice() {
        let points = grid();
        assert_eq!(points.len(), 36);
        assert!(points.iter().all(|point| point.is_allowed()));
        assert!(points[35].neighbours().iter().all(|near| near.is_allowed()));
        assert!(points[0].neighbours().contains(&points[0]));
    }
}
