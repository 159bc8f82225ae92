//! Exact Shapley values: what each player of a game adds, averaged over all orders in which they could join.
//!
//! `phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))` (Shapley 1953), as
//! explanations of a prediction Lundberg and Lee (2017). They are the only shares that add up to
//! `v(all) - v(none)`, give nothing to a player that never matters and the same to players that matter
//! alike, and add up over games.

/// Shapley values of the players of a game with several outcomes.
///
/// `values` has one entry a coalition: entry `c` is what the players whose bits are set in `c` reach
/// together. Returns one entry a player, in the order of the bits.
pub(super) fn shapley<const OUTCOMES: usize>(values: &[[f64; OUTCOMES]]) -> Vec<[f64; OUTCOMES]> {
    debug_assert!(values.len().is_power_of_two(), "one value a coalition");
    let players = values.len().trailing_zeros();
    let weights = weights(players);
    let mut shares = Vec::new();
    for player in 0..players {
        let joins = 1_usize << player;
        let mut share = [0.0; OUTCOMES];
        for (coalition, without) in values.iter().enumerate() {
            if coalition & joins != 0 {
                continue;
            }
            let with = &values[coalition | joins];
            let weight = weights[size(coalition)];
            for (share, (with, without)) in share.iter_mut().zip(with.iter().zip(without)) {
                *share += weight * (with - without);
            }
        }
        shares.push(share);
    }
    shares
}

/// Share of the orders in which a player finds a coalition of each size before it, over the coalitions of that size.
fn weights(players: u32) -> Vec<f64> {
    let mut weights = Vec::new();
    let mut weight = 1.0 / f64::from(players.max(1));
    for size in 0..players {
        weights.push(weight);
        weight *= f64::from(size + 1) / f64::from((players - 1 - size).max(1));
    }
    weights
}

/// Number of players of a coalition.
fn size(coalition: usize) -> usize {
    usize::try_from(coalition.count_ones()).expect("at most the bits of a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of each coalition of `players`.
    fn game(players: u32, value: impl Fn(&dyn Fn(u32) -> f64) -> f64) -> Vec<[f64; 1]> {
        (0..1_usize << players)
            .map(|coalition| {
                let has = |player: u32| if coalition & (1 << player) != 0 { 1.0 } else { 0.0 };
                [value(&has)]
            })
            .collect()
    }

    fn close(found: &[[f64; 1]], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for ([found], expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} against {expected}");
        }
    }

    #[test]
    fn in_a_sum_each_player_gets_its_own_term() {
        // The worked example of docs/METHOD.md: log-odds of average days late, share late, promise.
        let coefficients = [-0.04, -0.9, 0.8];
        let (means, own) = ([6.0, 0.30, 0.05], [18.0, 0.60, 0.0]);
        let score = game(3, |has| {
            let terms = (0..3).map(|player: u32| {
                let at = usize::try_from(player).unwrap();
                coefficients[at] * (means[at] + has(player) * (own[at] - means[at]))
            });
            -2.2 + terms.sum::<f64>()
        });
        assert!((score[0][0] + 2.67).abs() < 1e-12 && (score[7][0] + 3.46).abs() < 1e-12);
        close(&shapley(&score), &[-0.48, -0.27, -0.04]);
    }

    #[test]
    fn players_that_matter_alike_get_alike_and_a_null_player_gets_nothing() {
        // Two that are worth something only together, and one that never matters.
        let together = game(3, |has| 10.0 * has(0) * has(2));
        close(&shapley(&together), &[5.0, 0.0, 5.0]);
    }

    #[test]
    fn the_textbook_glove_market_is_shared_as_in_the_textbook() {
        // One right glove, two left ones: a pair is worth 1.
        let gloves = game(3, |has| has(0) * (has(1) + has(2)).min(1.0));
        close(&shapley(&gloves), &[2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0]);
    }

    #[test]
    fn the_shares_of_eight_players_add_up_to_what_all_reach() {
        let value = |has: &dyn Fn(u32) -> f64| {
            let sum: f64 = (0..8).map(|player| has(player) * f64::from(player + 1)).sum();
            (0.1 * sum).sin() + sum * has(3) - has(1) * has(7)
        };
        let values = game(8, value);
        let sum: f64 = shapley(&values).iter().map(|[share]| share).sum();
        assert!((sum - (values[255][0] - values[0][0])).abs() < 1e-12);
    }

    #[test]
    fn a_game_without_players_has_no_shares() {
        assert!(shapley(&[[1.0, 2.0]]).is_empty());
    }
}
