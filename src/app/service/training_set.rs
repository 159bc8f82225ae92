//! The training set as a table: what a model learns from, for those who want to learn from it themselves.

use super::{Error, View};
use crate::app::output::{Document, OutputColumn, OutputTable, Values};
use crate::features::column;
use crate::model::{Outcome, TrainingPlan, TrainingSet};

/// Names the outcome of a row: `paid`, `ended_otherwise` or `open`.
const OUTCOME: &str = "outcome";
/// Days from the cut-off of the row to its outcome, or over which it was seen to be open.
const OUTCOME_DAYS: &str = "outcome_days";

/// Makes a pseudonym, given the name of a column and an identifier in it.
pub type Pseudonym = dyn Fn(&str, &str) -> String;

/// Who may see what of a training set.
pub struct Reader<'a> {
    /// Whether rows of a legal entity are seen.
    pub sees: &'a dyn Fn(Option<&str>) -> bool,
    /// Takes the place of an identifier, given the name of its column; `None` shows identifiers as they are.
    pub pseudonym: Option<&'a Pseudonym>,
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Reader")
            .field("is_pseudonymised", &self.pseudonym.is_some())
            .finish_non_exhaustive()
    }
}

/// Returns the training set that `train` learns from: a row an open invoice at a past cut-off, with its outcome.
///
/// # Errors
///
/// - [`Error::Model`] when there is too little to learn from;
/// - [`Error::Output`] when a column cannot be written.
pub fn training_set(view: &View, seed: u64, reader: &Reader<'_>) -> Result<Document, Error> {
    let plan = TrainingPlan {
        seed,
        ..TrainingPlan::default()
    };
    let training = TrainingSet::build(&view.snapshot, &plan)?;
    let table = &training.dataset().records;
    let entities = table.text(column::ENTITY).map_err(crate::model::Error::from)?;
    let kept: Vec<usize> = (0..training.len())
        .filter(|row| (reader.sees)(entities.get(*row)))
        .collect();
    let all = OutputTable::from_frame(table.frame())?;
    let mut columns: Vec<OutputColumn> = all
        .columns()
        .iter()
        .map(|column| OutputColumn::new(&column.name, picked(&column.name, &column.values, &kept, reader)))
        .collect();
    let outcomes = &training.dataset().targets.0;
    let (names, days): (Vec<Option<String>>, Vec<Option<i64>>) = kept
        .iter()
        .map(|row| {
            let (name, days) = told(outcomes[*row]);
            (Some(name.to_owned()), Some(i64::from(days)))
        })
        .unzip();
    columns.push(OutputColumn::new(OUTCOME, Values::Text(names)));
    columns.push(OutputColumn::new(OUTCOME_DAYS, Values::Integer(days)));
    Ok(Document {
        name: "training_set",
        as_of: training.as_of(),
        table: OutputTable::new(columns),
        sheet_column: None,
        assumptions: None,
    })
}

/// The kept rows of a column, identifiers under their pseudonyms.
fn picked(name: &str, values: &Values, kept: &[usize], reader: &Reader<'_>) -> Values {
    let is_identifier = [column::CUSTOMER_ID, column::INVOICE_ID].contains(&name);
    match values {
        Values::Text(texts) => Values::Text(
            kept.iter()
                .map(|row| match (&texts[*row], reader.pseudonym) {
                    (Some(text), Some(pseudonym)) if is_identifier => Some(pseudonym(name, text)),
                    (text, _) => text.clone(),
                })
                .collect(),
        ),
        Values::Texts(lists) => Values::Texts(kept.iter().map(|row| lists[*row].clone()).collect()),
        Values::Date(dates) => Values::Date(rows(dates, kept)),
        Values::Integer(integers) => Values::Integer(rows(integers, kept)),
        Values::Number(numbers) => Values::Number(rows(numbers, kept)),
        Values::Decimal(decimals) => Values::Decimal(rows(decimals, kept)),
        Values::Boolean(truths) => Values::Boolean(rows(truths, kept)),
        Values::Amount(amounts) => Values::Amount(rows(amounts, kept)),
    }
}

fn rows<T: Clone>(values: &[T], kept: &[usize]) -> Vec<T> {
    kept.iter().map(|row| values[*row].clone()).collect()
}

fn told(outcome: Outcome) -> (&'static str, i32) {
    match outcome {
        Outcome::Paid { days } => ("paid", days),
        Outcome::EndedOtherwise { days } => ("ended_otherwise", days),
        Outcome::Open { days_observed } => ("open", days_observed),
    }
}
