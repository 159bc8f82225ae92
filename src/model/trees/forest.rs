//! Trees laid out to answer for all coming days of an invoice at once.
//!
//! Trees ask the same questions again and again, and the answer to most does not change from day to day. So a
//! question is answered once an invoice, by the set of days on which the answer is yes, and all days walk a tree
//! together: a comparison splits the days that reached it in two. Every comparison of a tree is made, in one pass,
//! also those that no day reaches: that is cheaper than to guess a way, which a processor often guesses wrong.
//! What a day's leaf is worth is then looked up and summed tree by tree, as a walk of that day alone would do it,
//! to the last bit.

use crate::features::HORIZON_DAYS;
use crate::model::trees::bins::BINS_MAX;
use crate::model::trees::boost::BoostedTrees;
use crate::model::trees::days::{ALL_DAYS, Days, NO_DAY, both, union};
use crate::model::trees::tree::{Branch, LEAVES_MAX, Node, Tree};

/// Days whose leaves are held in one word, a byte each.
const DAYS_A_WORD: usize = 8;
const WORDS: usize = HORIZON_DAYS.div_ceil(DAYS_A_WORD);
/// Where the days that reach each leaf are held, after those that reach each comparison.
const LEAVES_AT: usize = LEAVES_MAX;

/// The leaves that all days reach in one tree: the number of each in a byte.
type Reached = [u64; WORDS];

/// Parts of a model that are sums of trees over the same columns, and the distinct questions that they ask.
#[derive(Debug)]
pub(crate) struct Forest<const N: usize> {
    /// Of each column the bins that it is compared with, rising. Questions are numbered in this order.
    asked: Vec<Vec<u8>>,
    parts: [Vec<PackedTree>; N],
    intercepts: [f64; N],
}

#[derive(Debug)]
struct PackedTree {
    comparisons: Vec<Comparison>,
    /// Values of the leaves, zero beyond the last.
    leaves: [f64; LEAVES_MAX],
    leaf_count: usize,
}

#[derive(Debug, Clone, Copy)]
struct Comparison {
    question: u16,
    /// Where the days go whose answer is yes.
    left: u8,
    /// Where the others go.
    right: u8,
}

/// Answers to the questions of a forest about one invoice, and room to walk it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    days: Vec<Days>,
    reached: Vec<Reached>,
}

impl<const N: usize> Forest<N> {
    /// Lays out fitted trees over `width` columns.
    pub(crate) fn new(parts: [&BoostedTrees; N], width: usize) -> Self {
        let mut is_asked = vec![[false; BINS_MAX]; width];
        for node in parts
            .iter()
            .flat_map(|part| &part.trees)
            .flat_map(|tree| &tree.nodes)
        {
            is_asked[usize::from(node.column)][usize::from(node.bin)] = true;
        }
        let mut question = 0_u16;
        let mut questions = vec![[0_u16; BINS_MAX]; width];
        let mut asked = vec![Vec::new(); width];
        for (column, is_asked) in is_asked.iter().enumerate() {
            for (bin, _) in (0_u8..).zip(is_asked).filter(|(_, is_asked)| **is_asked) {
                questions[column][usize::from(bin)] = question;
                asked[column].push(bin);
                question += 1;
            }
        }
        let pack = |part: &BoostedTrees| part.trees.iter().map(|tree| packed(tree, &questions)).collect();
        Self {
            asked,
            parts: parts.map(pack),
            intercepts: parts.map(|part| part.intercept),
        }
    }

    /// Answers what is asked of a column whose bin is the same on every day. Columns are answered in order.
    pub(crate) fn answer_always(&self, column: usize, bin: u8, answers: &mut Answers) {
        let asked = self.asked[column].iter();
        answers
            .days
            .extend(asked.map(|asked| if bin <= *asked { ALL_DAYS } else { NO_DAY }));
    }

    /// Answers what is asked of a column whose bins are given with the days that have them. Columns are answered
    /// in order.
    pub(crate) fn answer(
        &self,
        column: usize,
        bins: impl IntoIterator<Item = (u8, Days)>,
        answers: &mut Answers,
    ) {
        let mut days_of = [NO_DAY; BINS_MAX];
        for (bin, days) in bins {
            let so_far = &mut days_of[usize::from(bin)];
            *so_far = union(*so_far, days);
        }
        let mut yes = NO_DAY;
        for days in &mut days_of {
            yes = union(yes, *days);
            *days = yes;
        }
        let asked = self.asked[column].iter();
        answers
            .days
            .extend(asked.map(|asked| days_of[usize::from(*asked) % BINS_MAX]));
    }

    /// The log-odds of each day by each part, once every column is answered.
    pub(crate) fn log_odds(&self, answers: &mut Answers) -> [[f64; HORIZON_DAYS]; N] {
        let Answers { days, reached } = answers;
        std::array::from_fn(|part| {
            let trees = &self.parts[part];
            walk(trees, days, reached);
            let mut sums = sums(trees, reached);
            sums.iter_mut().for_each(|sum| *sum += self.intercepts[part]);
            sums
        })
    }
}

impl Answers {
    /// Forgets the answers about the invoice before.
    pub(crate) fn clear(&mut self) {
        self.days.clear();
    }
}

fn packed(tree: &Tree, questions: &[[u16; BINS_MAX]]) -> PackedTree {
    let slot = |branch: Branch| {
        let slot = match branch {
            Branch::Node(node) => usize::from(node),
            Branch::Leaf(leaf) => LEAVES_AT + usize::from(leaf),
        };
        u8::try_from(slot).expect("a tree of 64 leaves has fewer slots than a byte counts")
    };
    let mut leaves = [0.0; LEAVES_MAX];
    leaves[..tree.leaves.len()].copy_from_slice(&tree.leaves);
    let comparison = |node: &Node| Comparison {
        question: questions[usize::from(node.column)][usize::from(node.bin)],
        left: slot(node.left),
        right: slot(node.right),
    };
    PackedTree {
        comparisons: tree.nodes.iter().map(comparison).collect(),
        leaves,
        leaf_count: tree.leaves.len(),
    }
}

/// Walks all days through each tree.
fn walk(trees: &[PackedTree], answers: &[Days], reached: &mut Vec<Reached>) {
    // As many slots as a byte counts, so that none needs a check.
    let mut slots = [NO_DAY; 256];
    reached.clear();
    for tree in trees {
        slots[if tree.comparisons.is_empty() { LEAVES_AT } else { 0 }] = ALL_DAYS;
        for (at, comparison) in tree.comparisons.iter().enumerate() {
            let days = slots[at];
            let yes = both(days, answers[usize::from(comparison.question)]);
            slots[usize::from(comparison.left)] = yes;
            slots[usize::from(comparison.right)] = [days[0] ^ yes[0], days[1] ^ yes[1]];
        }
        let leaves = &mut slots[LEAVES_AT..LEAVES_AT + LEAVES_MAX];
        reached.push(match tree.leaf_count {
            0..=16 => leaf_of_each_day::<4>(leaves, tree.leaf_count),
            17..=32 => leaf_of_each_day::<5>(leaves, tree.leaf_count),
            _ => leaf_of_each_day::<6>(leaves, tree.leaf_count),
        });
    }
}

/// Turns the days that reached each of the first `count` leaves, at most 2 to the power of `BITS`, into the leaf that
/// each day reached.
fn leaf_of_each_day<const BITS: usize>(leaves: &mut [Days], count: usize) -> Reached {
    leaves[count..1 << BITS].fill(NO_DAY);
    // For each bit of the number of a leaf the days that reached a leaf with this bit.
    let mut bits = [NO_DAY; BITS];
    let mut pairs = 1 << BITS;
    for bit in &mut bits {
        pairs /= 2;
        for pair in 0..pairs {
            let (even, odd) = (leaves[2 * pair], leaves[2 * pair + 1]);
            *bit = union(*bit, odd);
            leaves[pair] = union(even, odd);
        }
    }
    let bytes = bits.map(|days| days.map(u64::to_le_bytes));
    std::array::from_fn(|word| {
        let mut leaves = 0;
        for (bit, bytes) in bytes.iter().enumerate() {
            leaves |= SPREAD[usize::from(bytes[word / 8][word % 8])] << bit;
        }
        leaves
    })
}

/// Sums by day the values of the leaves that it reached, tree by tree.
fn sums(trees: &[PackedTree], reached: &[Reached]) -> [f64; HORIZON_DAYS] {
    let mut sums = [0.0; HORIZON_DAYS];
    for (word, sums) in sums.chunks_mut(DAYS_A_WORD).enumerate() {
        let mut of_word = [0.0; DAYS_A_WORD];
        for (tree, reached) in trees.iter().zip(reached) {
            for (sum, leaf) in of_word.iter_mut().zip(reached[word].to_le_bytes()) {
                *sum += tree.leaves[usize::from(leaf) % LEAVES_MAX];
            }
        }
        sums.copy_from_slice(&of_word[..sums.len()]);
    }
    sums
}

/// Each byte with its bits spread over the bytes of a word, the lowest first.
static SPREAD: [u64; 256] = {
    let mut spread = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            if (byte >> bit) & 1 == 1 {
                spread[byte] |= 1 << (8 * bit);
            }
            bit += 1;
        }
        byte += 1;
    }
    spread
};

#[cfg(test)]
mod tests {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::model::trees::days::day;
    use crate::model::trees::{Bins, BoostedTreesParams};

    /// Columns of the trees below: the first two are the invoice's, the others the day's.
    const WIDTH: usize = 4;

    /// Compares the walk of all days with a walk a day, for an invoice with random bins.
    fn assert_together_as_alone(parts: [&BoostedTrees; 2], random: &mut ChaCha8Rng) {
        let mut bin = |_: usize| random.random_range(0..64_u8);
        let fixed: [u8; 2] = std::array::from_fn(&mut bin);
        let of_days: Vec<[u8; 2]> = (0..HORIZON_DAYS).map(|_| std::array::from_fn(&mut bin)).collect();
        let forest = Forest::new(parts, WIDTH);
        let mut answers = Answers::default();
        // Twice, since what is left of the invoice before must not matter.
        for _ in 0..2 {
            answers.clear();
            for (column, bin) in fixed.iter().enumerate() {
                forest.answer_always(column, *bin, &mut answers);
            }
            for column in fixed.len()..WIDTH {
                let bins = of_days.iter().map(|bins| bins[column - fixed.len()]);
                forest.answer(
                    column,
                    bins.enumerate().map(|(at, bin)| (bin, day(at))),
                    &mut answers,
                );
            }
            for (part, together) in parts.iter().zip(forest.log_odds(&mut answers)) {
                for (bins, together) in of_days.iter().zip(together) {
                    let alone = part.log_odds(|column| match column.checked_sub(fixed.len()) {
                        None => fixed[column],
                        Some(value) => bins[value],
                    });
                    assert!((together - alone).abs() <= 0.0, "{together} {alone}");
                }
            }
        }
    }

    /// A tree that was split at random leaves.
    fn random_tree(leaf_count: u16, random: &mut ChaCha8Rng) -> Tree {
        let mut tree = Tree {
            nodes: Vec::new(),
            leaves: vec![random.random::<f64>() - 0.5],
        };
        for leaf in 1..leaf_count {
            let split = Branch::Leaf(random.random_range(0..leaf));
            let new = Branch::Node(u16::try_from(tree.nodes.len()).unwrap());
            for node in &mut tree.nodes {
                for branch in [&mut node.left, &mut node.right] {
                    if *branch == split {
                        *branch = new;
                    }
                }
            }
            tree.nodes.push(Node {
                column: random.random_range(0..4_u16),
                bin: random.random_range(0..63_u8),
                left: split,
                right: Branch::Leaf(leaf),
            });
            tree.leaves.push(random.random::<f64>() - 0.5);
        }
        tree.check(WIDTH).unwrap();
        tree
    }

    #[test]
    fn random_trees_of_any_size_give_all_days_together_what_they_give_each_alone() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..40 {
            let mut part = |leaf_counts: &[u16]| BoostedTrees {
                intercept: random.random::<f64>() - 2.0,
                trees: leaf_counts
                    .iter()
                    .map(|count| random_tree(*count, &mut random))
                    .collect(),
            };
            let parts = [part(&[31, 64, 1, 2, 33, 5]), part(&[16, 3, 32])];
            assert_together_as_alone([&parts[0], &parts[1]], &mut random);
        }
    }

    #[test]
    fn fitted_trees_give_all_days_together_what_they_give_each_alone() {
        let mut random = ChaCha8Rng::seed_from_u64(9);
        let values: Vec<f32> = (0..40_000).map(|_| random.random::<f32>()).collect();
        let bins = Bins::of_rows(&values, WIDTH);
        let events: Vec<bool> = values
            .chunks(WIDTH)
            .map(|row| row[0] * row[2] + row[1] * row[3] > random.random::<f32>())
            .collect();
        let dataset = DatasetBase::new(bins.apply(&values), events);
        let fit = |leaves: usize| {
            let params = BoostedTreesParams {
                leaves,
                trees: 40,
                ..BoostedTreesParams::default()
            };
            params.check(&bins).unwrap().fit(&dataset).unwrap()
        };
        let (large, small) = (fit(31), fit(16));
        for _ in 0..5 {
            assert_together_as_alone([&large, &small], &mut random);
        }
    }

    #[test]
    fn a_question_is_answered_yes_on_the_days_whose_bin_is_not_above_it() {
        let asks = |bin: u8| Tree {
            nodes: vec![Node {
                column: 0,
                bin,
                left: Branch::Leaf(0),
                right: Branch::Leaf(1),
            }],
            leaves: vec![1.0, 0.0],
        };
        let trees = BoostedTrees {
            intercept: 0.0,
            trees: vec![asks(40), asks(7), asks(7)],
        };
        let forest = Forest::new([&trees], 1);
        let mut answers = Answers::default();
        forest.answer(0, [(7, day(0)), (8, day(64)), (41, day(90))], &mut answers);
        assert_eq!(answers.days, [day(0), union(day(0), day(64))]);
        answers.clear();
        forest.answer_always(0, 8, &mut answers);
        assert_eq!(answers.days, [NO_DAY, ALL_DAYS]);
    }
}
