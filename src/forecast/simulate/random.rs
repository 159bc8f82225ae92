//! Generators that belong to names, so that nothing depends on who is drawn before whom.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Returns the generator that belongs to a seed and a list of names.
///
/// FNV-1a (Fowler, Noll, Vo; 64 bits) gives a hash that is the same on every platform and in every
/// version; a zero byte after each name keeps ("ab", "c") apart from ("a", "bc").
pub(super) fn generator_of(seed: u64, names: &[&str]) -> ChaCha8Rng {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for name in names {
        for byte in name.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    ChaCha8Rng::seed_from_u64(seed ^ hash)
}

/// Draws a standard normal.
pub(super) fn normal(generator: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(generator)
}

/// Draws a whole number below 2^32, each as likely.
pub(super) fn uniform(generator: &mut ChaCha8Rng) -> u64 {
    u64::from(generator.next_u32())
}

#[cfg(test)]
mod tests {
    use super::{RngCore, generator_of};

    #[test]
    fn names_that_run_into_each_other_have_their_own_generators() {
        let left = generator_of(1, &["ab", "c"]).next_u64();
        let right = generator_of(1, &["a", "bc"]).next_u64();
        assert_ne!(left, right);
        assert_eq!(left, generator_of(1, &["ab", "c"]).next_u64());
        assert_ne!(left, generator_of(2, &["ab", "c"]).next_u64());
    }
}
