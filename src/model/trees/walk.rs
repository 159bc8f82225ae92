//! All days of an invoice walk a tree together: a comparison splits the days that reached it in two.
//!
//! Every comparison of a tree is made, in one pass, also those that no day reaches: that is cheaper than to guess a
//! way, which a processor often guesses wrong. Comparisons come breadth first, so that one seldom waits for the one
//! before it. The few leaves that days reach are put side by side. Trees of few such leaves are joined to one table, of
//! what every combination of them is worth, so that a day looks up one value for several trees. So the sum of a day is
//! that of a walk of the day alone but for the order in which it is summed.

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
/// Entries of a table at most.
const ENTRIES_MAX: usize = LEAVES_MAX;
/// Tables that are filled before they are looked up: so many stay close to the processor.
const TABLES: usize = 8;

/// What all days reach, leaves of a tree or entries of a table: the number of each in a byte.
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
    /// What these leaves are worth.
    values: [f64; LEAVES_MAX],
    tables: [Table; TABLES],
}

/// What the leaves of some trees are worth together, by combination.
#[derive(Debug, Clone, Copy)]
struct Table {
    len: usize,
    values: [f64; ENTRIES_MAX],
    /// The entry of each day.
    reached: Reached,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            slots: [NO_DAY; SLOTS],
            days: [NO_DAY; LEAVES_MAX],
            values: [0.0; LEAVES_MAX],
            tables: [Table::NOTHING; TABLES],
        }
    }
}

impl Table {
    /// The table of no tree.
    const NOTHING: Self = Self {
        len: 1,
        values: [0.0; ENTRIES_MAX],
        reached: [0; WORDS],
    };

    /// Whether leaves of one more tree fit in.
    fn has_room_for(&self, leaves: usize) -> bool {
        self.len * leaves <= ENTRIES_MAX
    }

    /// Forgets what was joined before, and begins with a tree of which days reach leaves of these values.
    fn begin(&mut self, values: &[f64], reached: &Reached) {
        self.len = values.len();
        self.values[..values.len()].copy_from_slice(values);
        self.reached = *reached;
    }

    /// Adds a tree of which days reach leaves of these values.
    fn join(&mut self, values: &[f64], reached: &Reached) {
        // The first rows are overwritten last.
        let (len, mut first) = (self.len, [0.0; ENTRIES_MAX]);
        first[..len].copy_from_slice(&self.values[..len]);
        for (entries, value) in self.values.chunks_exact_mut(len).zip(values) {
            for (entry, first) in entries.iter_mut().zip(&first[..len]) {
                *entry = first + value;
            }
        }
        // All bytes at once: no entry's number leaves its byte.
        let len = u64::try_from(len).expect("a table is short");
        for (entry, leaf) in self.reached.iter_mut().zip(reached) {
            *entry = entry.wrapping_add(leaf.wrapping_mul(len));
        }
        self.len *= values.len();
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
    let Room {
        slots,
        days,
        values,
        tables,
    } = room;
    let mut sums: Sums = [intercept; WORDS * DAYS_A_WORD];
    let mut always = 0.0;
    let mut used = 0;
    for tree in trees {
        let count = tree.walk(answers, slots, days, values);
        let values = &values[..count];
        if let [value] = values {
            always += value;
            continue;
        }
        let reached = leaf_of_each_day(days, count);
        if let Some(table) = tables[..used].last_mut()
            && table.has_room_for(count)
        {
            table.join(values, &reached);
            continue;
        }
        if used == TABLES {
            add(tables, &mut sums);
            used = 0;
        }
        tables[used].begin(values, &reached);
        used += 1;
    }
    add(&tables[..used], &mut sums);
    std::array::from_fn(|day| sums[day] + always)
}

/// Turns the days that reached each of the first `count` leaves into the leaf that each day reached.
fn leaf_of_each_day(leaves: &mut [Days; LEAVES_MAX], count: usize) -> Reached {
    match count {
        0..=2 => leaf_by_bits::<1>(leaves, count),
        3..=4 => leaf_by_bits::<2>(leaves, count),
        5..=8 => leaf_by_bits::<3>(leaves, count),
        9..=16 => leaf_by_bits::<4>(leaves, count),
        17..=32 => leaf_by_bits::<5>(leaves, count),
        _ => leaf_by_bits::<6>(leaves, count),
    }
}

/// The same for at most 2 to the power of `BITS` leaves.
fn leaf_by_bits<const BITS: usize>(leaves: &mut [Days; LEAVES_MAX], count: usize) -> Reached {
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

/// Adds to the sum of each day the entries that it reached, table by table.
fn add(tables: &[Table], sums: &mut Sums) {
    for (word, sums) in sums.chunks_exact_mut(DAYS_A_WORD).enumerate() {
        let mut of_word: [f64; DAYS_A_WORD] = std::array::from_fn(|day| sums[day]);
        for table in tables {
            for (sum, entry) in of_word.iter_mut().zip(table.reached[word].to_le_bytes()) {
                *sum += table.values[usize::from(entry) % ENTRIES_MAX];
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
