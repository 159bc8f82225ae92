//! Questions of trees, answered for all coming days of an invoice at once.
//!
//! Trees ask the same questions again and again, and the answer to most does not change from day to day. So a
//! question is answered once an invoice, by the set of days on which the answer is yes, and all days then walk a tree
//! together ([`walk`](super::walk)).

use crate::features::HORIZON_DAYS;
use crate::model::trees::bins::{BINS_MAX, Bins};
use crate::model::trees::boost::BoostedTrees;
use crate::model::trees::days::{ALL_DAYS, Days, NO_DAY, first, union};
use crate::model::trees::walk::{PackedTree, Room, log_odds};

/// Parts of a model that are sums of trees over the same columns, and the distinct questions that they ask.
#[derive(Debug)]
pub(crate) struct Forest<const N: usize> {
    /// Of each column the values that it is compared with, rising: is it at most that?
    asked: Vec<Vec<f32>>,
    /// Of each column the number of its first question; at the end how many questions there are.
    first_question: Vec<usize>,
    parts: [Vec<PackedTree>; N],
    intercepts: [f64; N],
}

/// Answers to the questions of a forest about one invoice, and room to walk it.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    days: Vec<Days>,
    room: Room,
}

impl<const N: usize> Forest<N> {
    /// Lays out trees that were fitted on columns cut into bins.
    pub(crate) fn new(parts: [&BoostedTrees; N], bins: &Bins) -> Self {
        let width = bins.width();
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
        let mut first_question = vec![0];
        for (column, is_asked) in is_asked.iter().enumerate() {
            for (bin, _) in (0..).zip(is_asked).filter(|(_, is_asked)| **is_asked) {
                questions[column][bin] = question;
                asked[column].push(bins.highest(column, bin));
                question += 1;
            }
            first_question.push(usize::from(question));
        }
        let pack = |tree| PackedTree::new(tree, &questions);
        Self {
            asked,
            first_question,
            parts: parts.map(|part| part.trees.iter().map(pack).collect()),
            intercepts: parts.map(|part| part.intercept),
        }
    }

    /// Room for the answers about an invoice; nothing is answered yet.
    pub(crate) fn answers(&self) -> Answers {
        let questions = self.first_question.last().copied().unwrap_or_default();
        Answers {
            days: vec![NO_DAY; questions],
            room: Room::default(),
        }
    }

    /// What is asked of a column, and room for the answers.
    fn questions<'a>(&self, column: usize, answers: &'a mut Answers) -> (&[f32], &'a mut [Days]) {
        let numbers = self.first_question[column]..self.first_question[column + 1];
        (&self.asked[column], &mut answers.days[numbers])
    }

    /// Answers what is asked of a column whose value is the same on every day.
    pub(crate) fn answer_always(&self, column: usize, value: f32, answers: &mut Answers) {
        let (asked, answers) = self.questions(column, answers);
        for (most, answer) in asked.iter().zip(answers) {
            *answer = if value <= *most { ALL_DAYS } else { NO_DAY };
        }
    }

    /// Answers what is asked of a column whose value, given by day from 0, never falls.
    pub(crate) fn answer_rising(&self, column: usize, value: impl Fn(usize) -> f32, answers: &mut Answers) {
        let (asked, answers) = self.questions(column, answers);
        let mut count = 0;
        for (most, answer) in asked.iter().zip(answers) {
            while count < HORIZON_DAYS && value(count) <= *most {
                count += 1;
            }
            *answer = first(count);
        }
    }

    /// Answers what is asked of a column whose values are given with the days that have them.
    pub(crate) fn answer(
        &self,
        column: usize,
        values: impl IntoIterator<Item = (f32, Days)>,
        answers: &mut Answers,
    ) {
        let (asked, answers) = self.questions(column, answers);
        // The days by the first question to which their answer is yes.
        let mut days_of = [NO_DAY; BINS_MAX];
        for (value, days) in values {
            let question = asked.partition_point(|most| *most < value);
            let so_far = &mut days_of[question % BINS_MAX];
            *so_far = union(*so_far, days);
        }
        let mut yes = NO_DAY;
        for (days, answer) in days_of.iter().zip(answers) {
            yes = union(yes, *days);
            *answer = yes;
        }
    }

    /// The log-odds of each day by each part, once every column is answered.
    pub(crate) fn log_odds(&self, answers: &mut Answers) -> [[f64; HORIZON_DAYS]; N] {
        let Answers { days, room } = answers;
        std::array::from_fn(|part| log_odds(&self.parts[part], self.intercepts[part], days, room))
    }
}

#[cfg(test)]
mod tests {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::model::trees::BoostedTreesParams;
    use crate::model::trees::days::day;
    use crate::model::trees::tree::{Branch, Node, Tree};

    /// Columns of the trees below: the first two are the invoice's, the others the day's.
    const WIDTH: usize = 4;

    /// Compares the walk of all days with a walk a day, for an invoice with random values.
    fn assert_together_as_alone(parts: [&BoostedTrees; 2], bins: &Bins, random: &mut ChaCha8Rng) {
        let mut value = |_: usize| random.random::<f32>();
        let fixed: [f32; 2] = std::array::from_fn(&mut value);
        let mut of_days: Vec<[f32; 2]> = (0..HORIZON_DAYS)
            .map(|_| std::array::from_fn(&mut value))
            .collect();
        // The last column rises from day to day.
        let mut rising: Vec<f32> = of_days.iter().map(|values| values[1]).collect();
        rising.sort_unstable_by(f32::total_cmp);
        of_days
            .iter_mut()
            .zip(rising)
            .for_each(|(values, rising)| values[1] = rising);
        let forest = Forest::new(parts, bins);
        let mut answers = forest.answers();
        // Twice, since what is left of the invoice before must not matter.
        for _ in 0..2 {
            for (column, value) in fixed.iter().enumerate() {
                forest.answer_always(column, *value, &mut answers);
            }
            let by_day = of_days
                .iter()
                .enumerate()
                .map(|(at, values)| (values[0], day(at)));
            forest.answer(fixed.len(), by_day, &mut answers);
            forest.answer_rising(fixed.len() + 1, |at| of_days[at][1], &mut answers);
            for (part, together) in parts.iter().zip(forest.log_odds(&mut answers)) {
                for (values, together) in of_days.iter().zip(together) {
                    let alone = part.log_odds(|column| {
                        let value = match column.checked_sub(fixed.len()) {
                            None => fixed[column],
                            Some(value) => values[value],
                        };
                        bins.bin(column, value)
                    });
                    assert!((together - alone).abs() < 1e-12, "{together} {alone}");
                }
            }
        }
    }

    /// Values of four columns, row by row, and their bins.
    fn binned(rows: usize, random: &mut ChaCha8Rng) -> (Vec<f32>, Bins) {
        let values: Vec<f32> = (0..rows * WIDTH).map(|_| random.random::<f32>()).collect();
        let bins = Bins::of_rows(&values, WIDTH);
        (values, bins)
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
        let (_, bins) = binned(1_000, &mut random);
        for _ in 0..40 {
            let mut part = |leaf_counts: &[u16]| BoostedTrees {
                intercept: random.random::<f64>() - 2.0,
                trees: leaf_counts
                    .iter()
                    .map(|count| random_tree(*count, &mut random))
                    .collect(),
            };
            let parts = [part(&[31, 64, 1, 2, 33, 5]), part(&[16, 3, 32])];
            assert_together_as_alone([&parts[0], &parts[1]], &bins, &mut random);
        }
    }

    #[test]
    fn fitted_trees_give_all_days_together_what_they_give_each_alone() {
        let mut random = ChaCha8Rng::seed_from_u64(9);
        let (values, bins) = binned(10_000, &mut random);
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
            assert_together_as_alone([&large, &small], &bins, &mut random);
        }
    }

    #[test]
    fn a_question_is_answered_yes_on_the_days_whose_value_is_not_above_it() {
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
        // Bins of whole numbers end halfway to the next.
        let whole: Vec<f32> = (0..64_u8).map(f32::from).collect();
        let forest = Forest::new([&trees], &Bins::of_rows(&whole, 1));
        let mut answers = forest.answers();
        let at_most_40 = union(day(0), day(64));
        forest.answer(0, [(7.0, day(0)), (8.0, day(64)), (41.0, day(90))], &mut answers);
        assert_eq!(answers.days, [day(0), at_most_40]);
        forest.answer_always(0, 8.0, &mut answers);
        assert_eq!(answers.days, [NO_DAY, ALL_DAYS]);
        let rising = |at: usize| if at < 3 { 7.5 } else { 40.6 };
        forest.answer_rising(0, rising, &mut answers);
        assert_eq!(answers.days, [first(3), first(3)]);
    }
}
