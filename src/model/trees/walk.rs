//! All days of an invoice walk a tree together: a comparison splits the days that reached it in two.
//!
//! Every comparison of a tree is made, in one pass, also those that no day reaches: that is cheaper than to guess a
//! way, which a processor often guesses wrong. Comparisons come breadth first, so that one seldom waits for the one
//! before it. The few leaves that days reach are put side by side; what a day's leaf is worth is then looked up and
//! summed tree by tree, as a walk of that day alone would do it, to the last bit.

use crate::features::HORIZON_DAYS;
use crate::model::trees::bins::BINS_MAX;
use crate::model::trees::days::{ALL_DAYS, Days, NO_DAY, both, union};
use crate::model::trees::tree::{Branch, LEAVES_MAX, Tree};

/// Days whose leaves are held in one word, a byte each.
const DAYS_A_WORD: usize = 8;
const WORDS: usize = HORIZON_DAYS.div_ceil(DAYS_A_WORD);
/// Where the days that reach each leaf are held, after those that reach each comparison.
const LEAVES_AT: usize = LEAVES_MAX;
/// As many slots as a byte counts, so that none needs a check.
const SLOTS: usize = 256;
/// Trees that are walked before their leaves are summed: so many leaves stay close to the processor.
const TREES_A_BLOCK: usize = 8;

/// The leaves that all days reach in one tree: the number of each in a byte.
type Reached = [u64; WORDS];
/// A sum a day, in whole words.
type Sums = [f64; WORDS * DAYS_A_WORD];

/// A tree as it is walked.
#[derive(Debug)]
pub(super) struct PackedTree {
    comparisons: Vec<Comparison>,
    leaves: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Comparison {
    question: u16,
    /// Where the days go whose answer is yes.
    left: u8,
    /// Where the others go.
    right: u8,
}

/// Room to walk trees.
#[derive(Debug, Clone)]
pub(super) struct Room {
    /// The days that reach each comparison and each leaf.
    slots: [Days; SLOTS],
    /// The days that reach those leaves of a tree that any day reaches.
    days: [Days; LEAVES_MAX],
    /// What these leaves are worth, by tree of a block.
    values: [[f64; LEAVES_MAX]; TREES_A_BLOCK],
    reached: [Reached; TREES_A_BLOCK],
}

impl Default for Room {
    fn default() -> Self {
        Self {
            slots: [NO_DAY; SLOTS],
            days: [NO_DAY; LEAVES_MAX],
            values: [[0.0; LEAVES_MAX]; TREES_A_BLOCK],
            reached: [[0; WORDS]; TREES_A_BLOCK],
        }
    }
}

impl PackedTree {
    /// Lays out a tree; `questions` holds the number of each question by column and bin.
    pub(super) fn new(tree: &Tree, questions: &[[u16; BINS_MAX]]) -> Self {
        let order = breadth_first(tree);
        let mut places = vec![0; order.len()];
        for (place, node) in order.iter().enumerate() {
            places[*node] = place;
        }
        let slot = |branch: Branch| {
            let slot = match branch {
                Branch::Node(node) => places[usize::from(node)],
                Branch::Leaf(leaf) => LEAVES_AT + usize::from(leaf),
            };
            u8::try_from(slot).expect("a tree of 64 leaves has fewer slots than a byte counts")
        };
        let comparison = |node: &usize| {
            let node = &tree.nodes[*node];
            Comparison {
                question: questions[usize::from(node.column)][usize::from(node.bin)],
                left: slot(node.left),
                right: slot(node.right),
            }
        };
        Self {
            comparisons: order.iter().map(comparison).collect(),
            leaves: tree.leaves.clone(),
        }
    }

    /// Walks all days through the tree, and puts the leaves that they reach side by side; returns how many these are.
    fn walk(
        &self,
        answers: &[Days],
        slots: &mut [Days; SLOTS],
        days: &mut [Days; LEAVES_MAX],
        values: &mut [f64; LEAVES_MAX],
    ) -> usize {
        slots[if self.comparisons.is_empty() { LEAVES_AT } else { 0 }] = ALL_DAYS;
        for (at, comparison) in self.comparisons.iter().enumerate() {
            let days = slots[at];
            let yes = both(days, answers[usize::from(comparison.question)]);
            slots[usize::from(comparison.left)] = yes;
            slots[usize::from(comparison.right)] = [days[0] ^ yes[0], days[1] ^ yes[1]];
        }
        let mut count = 0;
        for (reached_by, value) in slots[LEAVES_AT..].iter().zip(&self.leaves) {
            // A leaf that nothing reaches makes room for the next.
            days[count % LEAVES_MAX] = *reached_by;
            values[count % LEAVES_MAX] = *value;
            count += usize::from(*reached_by != NO_DAY);
        }
        count
    }
}

/// The comparisons of a tree, those of one depth after those above them.
fn breadth_first(tree: &Tree) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(tree.nodes.len());
    order.extend((!tree.nodes.is_empty()).then_some(0));
    for at in 0..tree.nodes.len() {
        let node = &tree.nodes[order[at]];
        order.extend([node.left, node.right].iter().filter_map(|branch| match branch {
            Branch::Node(node) => Some(usize::from(*node)),
            Branch::Leaf(_) => None,
        }));
    }
    order
}

/// The log-odds of each day by trees that were laid out, given the answers to their questions.
pub(super) fn log_odds(
    trees: &[PackedTree],
    intercept: f64,
    answers: &[Days],
    room: &mut Room,
) -> [f64; HORIZON_DAYS] {
    let mut sums: Sums = [0.0; WORDS * DAYS_A_WORD];
    for block in trees.chunks(TREES_A_BLOCK) {
        let Room {
            slots,
            days,
            values,
            reached,
        } = &mut *room;
        for (tree, (values, reached)) in block.iter().zip(values.iter_mut().zip(&mut *reached)) {
            let count = tree.walk(answers, slots, days, values);
            *reached = match count {
                0..=8 => leaf_of_each_day::<3>(days, count),
                9..=16 => leaf_of_each_day::<4>(days, count),
                17..=32 => leaf_of_each_day::<5>(days, count),
                _ => leaf_of_each_day::<6>(days, count),
            };
        }
        add(&values[..block.len()], reached, &mut sums);
    }
    std::array::from_fn(|day| sums[day] + intercept)
}

/// Turns the days that reached each of the first `count` leaves, at most 2 to the power of `BITS`, into the leaf that
/// each day reached.
fn leaf_of_each_day<const BITS: usize>(leaves: &mut [Days; LEAVES_MAX], count: usize) -> Reached {
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

/// Adds to the sum of each day the values of the leaves that it reached, tree by tree.
fn add(values: &[[f64; LEAVES_MAX]], reached: &[Reached; TREES_A_BLOCK], sums: &mut Sums) {
    for (word, sums) in sums.chunks_exact_mut(DAYS_A_WORD).enumerate() {
        let mut of_word: [f64; DAYS_A_WORD] = std::array::from_fn(|day| sums[day]);
        for (values, reached) in values.iter().zip(reached) {
            for (sum, leaf) in of_word.iter_mut().zip(reached[word].to_le_bytes()) {
                *sum += values[usize::from(leaf) % LEAVES_MAX];
            }
        }
        sums.copy_from_slice(&of_word);
    }
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
