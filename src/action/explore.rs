//! What is left to chance: which customers are left alone for good, and which decisions are drawn.
//!
//! Effects cannot be learned from decisions that were all made on purpose: bad payers are called more often, and pay
//! worse. So a declared share of the decisions is drawn among the admissible actions, with probabilities that are
//! logged, and a declared share of the customers is left alone. Every draw follows from the seed of the policy, the
//! customer and the day: asked twice, it is the same.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::domain::Date;

use super::policy::Exploration;

/// An action that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The candidate.
    pub chosen: usize,
    /// The candidates among which it was drawn; the planned one is the first.
    pub among: Vec<usize>,
    /// Their probabilities, in the order of `among`; they sum to 1.
    pub shares: Vec<f64>,
}

/// Whether nothing is done for a customer, for good, so that what actions do can be told from what happens anyway.
#[must_use]
pub fn is_held_out(exploration: &Exploration, customer_id: &str) -> bool {
    random(exploration.seed, "hold_out", customer_id, None).random::<f64>() < exploration.hold_out_share
}

/// Draws an action, if the decision is among those that are drawn.
///
/// `admissible` are the candidates that may be drawn, in the order of the catalogue and without those of significant
/// effect. Each gets `propensity_min`, and `planned` the rest. Where there are more of them than there is probability,
/// the last ones are left out.
///
/// None if the decision is not drawn: because it is not its turn, because what is planned may not be drawn, or because
/// there is nothing else.
#[must_use]
pub fn draw(
    exploration: &Exploration,
    customer_id: &str,
    day: Date,
    planned: usize,
    admissible: &[usize],
) -> Option<Drawn> {
    let mut random = random(exploration.seed, "draw", customer_id, Some(day));
    let least = exploration.propensity_min;
    let is_turn = random.random::<f64>() < exploration.share;
    let is_share = least > 0.0 && least <= 0.5;
    if !is_turn || !is_share || !admissible.contains(&planned) {
        return None;
    }
    let mut among = vec![planned];
    let mut rest = 1.0;
    for candidate in admissible {
        // Half a millionth: 0.05 fits twenty times into 1, whatever the rounding.
        if *candidate != planned && rest - least >= least - 5e-7 {
            among.push(*candidate);
            rest -= least;
        }
    }
    if among.len() == 1 {
        return None;
    }
    let mut shares = vec![least; among.len()];
    shares[0] = rest;
    let mut left = random.random::<f64>();
    let mut chosen = planned;
    for (candidate, share) in among.iter().zip(&shares) {
        chosen = *candidate;
        if left < *share {
            break;
        }
        left -= share;
    }
    Some(Drawn {
        chosen,
        among,
        shares,
    })
}

/// A generator for one purpose, customer and day.
fn random(seed: u64, purpose: &str, customer_id: &str, day: Option<Date>) -> ChaCha8Rng {
    let day = day.map(|day| day.to_string()).unwrap_or_default();
    ChaCha8Rng::from_seed(digest(&[&seed.to_string(), purpose, customer_id, &day]))
}

/// Hash over texts; each is told with its length, so that nothing it contains ends it early.
pub(super) fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_string().as_bytes());
        hasher.update(b":");
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}
