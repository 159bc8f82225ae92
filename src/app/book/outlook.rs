//! What is expected of an invoice and of a customer.

use std::sync::{Arc, OnceLock};

use crate::app::book::Error;
use crate::app::book::risk::CustomerRisk;
use crate::app::registry::ServedModel;
use crate::domain::{Date, Money};
use crate::features::{FeatureTable, column, features};
use crate::model::{self, FittedModel, PaymentPrediction, Reason, Reasons};

/// When an open invoice is expected to be paid, and why.
#[derive(Debug)]
pub struct InvoiceOutlook {
    prediction: PaymentPrediction,
    model: Arc<ServedModel>,
    sequence: i64,
    table: Arc<FeatureTable>,
    row: usize,
    /// Computed at the first question for them.
    reasons: OnceLock<Vec<Reason>>,
}

impl InvoiceOutlook {
    /// Predicts every row of a table, in its order.
    pub(super) fn of_table(
        model: &Arc<ServedModel>,
        table: FeatureTable,
        sequence: i64,
    ) -> Result<Vec<Arc<Self>>, Error> {
        if table.is_empty() {
            return Ok(Vec::new());
        }
        let predictions = model.loaded.model.predict(&table, Reasons::LeftOut)?;
        let table = Arc::new(table);
        let outlooks = predictions.into_iter().enumerate().map(|(row, prediction)| {
            Arc::new(Self {
                prediction,
                model: Arc::clone(model),
                sequence,
                table: Arc::clone(&table),
                row,
                reasons: OnceLock::new(),
            })
        });
        Ok(outlooks.collect())
    }

    /// Returns the prediction; its reasons are left out, see [`reasons`](Self::reasons).
    #[must_use]
    pub const fn prediction(&self) -> &PaymentPrediction {
        &self.prediction
    }

    /// Returns the version of the model that predicts.
    #[must_use]
    pub fn model_version(&self) -> &str {
        &self.model.version
    }

    /// Returns the number of a fact up to which all facts of the customer are in the prediction.
    #[must_use]
    pub const fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Returns the reasons, most weighty first, once [`explained`](Self::explained) has been waited for.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        self.reasons.get().map_or(&[], Vec::as_slice)
    }

    /// Computes the reasons where nobody has asked for them before: some two milliseconds on another thread.
    ///
    /// # Errors
    ///
    /// [`Error::Model`] when a feature is not a number.
    pub async fn explained(self: &Arc<Self>) -> Result<(), Error> {
        if self.reasons.get().is_some() {
            return Ok(());
        }
        let outlook = Arc::clone(self);
        tokio::task::spawn_blocking(move || outlook.explain()).await??;
        Ok(())
    }

    /// Computes the reasons on this thread.
    fn explain(&self) -> Result<(), model::Error> {
        if self.reasons.get().is_some() {
            return Ok(());
        }
        // Its own row alone: the table may be that of a whole book.
        let row = self.table.row(self.row);
        let explanations = self.model.loaded.model.explain_rows(&row, &[0])?;
        let reasons = explanations
            .into_iter()
            .next()
            .map(|explanation| explanation.reasons);
        // Whoever else has just computed them has the same.
        let _ = self.reasons.set(reasons.unwrap_or_default());
        Ok(())
    }

    /// Predicts the invoice with another model from the same features; its reasons are left out.
    ///
    /// # Errors
    ///
    /// [`model::Error::NotFinite`] names a feature that is not a number.
    pub fn predicted_by(&self, model: &FittedModel) -> Result<Option<PaymentPrediction>, model::Error> {
        let row = self.table.row(self.row);
        Ok(model.predict(&row, Reasons::LeftOut)?.into_iter().next())
    }

    /// Returns every feature of the invoice by name.
    #[must_use]
    pub fn features(&self) -> Vec<FeatureValue> {
        features()
            .iter()
            .map(|feature| FeatureValue {
                name: feature.name,
                unit: feature.unit,
                value: self.number(feature.name).unwrap_or_default(),
            })
            .collect()
    }

    /// Returns the value of one feature.
    fn number(&self, name: &str) -> Option<f64> {
        self.table.numbers(name).ok()?.get(self.row)
    }
}

/// One feature of an invoice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureValue {
    /// Name of the feature.
    pub name: &'static str,
    /// Unit of its value.
    pub unit: &'static str,
    /// The value.
    pub value: f64,
}

/// What is expected of a customer: its open invoices, and what they have in common.
#[derive(Debug, Clone)]
pub struct CustomerOutlook {
    /// The customer.
    pub customer_id: String,
    /// The last day whose facts are known.
    pub as_of: Date,
    /// Its open invoices, one at least, by id.
    pub invoices: Vec<Arc<InvoiceOutlook>>,
}

/// How a customer pays, as the model sees it: weighed towards the recent past and towards customers like it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Behaviour {
    /// Usual days past due at payment, shrunk to customers like it.
    pub level_days: f64,
    /// Spread of the days past due.
    pub spread_days: f64,
    /// Share of invoices paid late.
    pub late_share: f64,
    /// Level over the payment runs since the last change.
    pub trend_days: f64,
    /// Recent payment runs against earlier ones: positive when the customer is getting slower.
    pub drift_days: f64,
    /// Shift of the level at the last change, fading with the runs since.
    pub shift_days: f64,
    /// Days past due of the invoice paid last.
    pub last_days: f64,
    /// What customers like it do: with the same terms, and of the same country and segment where that is known to matter.
    pub like_it_days: f64,
    /// Share of promises kept, shrunk to two in three.
    pub promises_kept_share: f64,
    /// Days since the last payment run over the usual gap between runs.
    pub silence: f64,
    /// Usual days between payment runs; zero with fewer than two runs.
    pub run_gap_days: f64,
    /// External score, where one is known.
    pub external_score: Option<f64>,
}

impl CustomerOutlook {
    /// Returns how the customer pays; nothing where it has no open invoice, for then it has no features.
    #[must_use]
    pub fn behaviour(&self) -> Option<Behaviour> {
        let first = self.invoices.first()?;
        let number = |name: &str| first.number(name).unwrap_or_default();
        Some(Behaviour {
            level_days: number(column::LATENESS_MEAN),
            spread_days: number(column::LATENESS_SPREAD),
            late_share: number(column::LATE_SHARE),
            trend_days: number(column::REGIME_LATENESS),
            drift_days: number(column::LATENESS_DRIFT),
            shift_days: number(column::REGIME_SHIFT),
            last_days: number(column::LAST_LATENESS),
            like_it_days: number(column::GROUP_LATENESS_MEAN),
            promises_kept_share: number(column::PROMISE_KEPT_RATE),
            silence: number(column::SILENCE),
            run_gap_days: first.table.invoice(first.row).profile.run_gap_days,
            external_score: (number(column::HAS_CREDIT_SCORE) > 0.5).then(|| number(column::CREDIT_SCORE)),
        })
    }

    /// Returns the risk of the customer; nothing where it has no open invoice.
    #[must_use]
    pub fn risk(&self) -> Option<CustomerRisk> {
        let late_share = self.behaviour()?.late_share;
        let predictions: Vec<&PaymentPrediction> =
            self.invoices.iter().map(|outlook| outlook.prediction()).collect();
        Some(CustomerRisk::of(
            &self.customer_id,
            self.as_of,
            &predictions,
            late_share,
        ))
    }
}

/// An invoice that is not in the ledger: what if it were sent?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvoice {
    /// Who would owe it; one that the ledger does not know is expected to pay as others do.
    pub customer_id: String,
    /// Gross amount.
    pub amount: Money,
    /// Date of issue, today at the latest.
    pub invoice_date: Date,
    /// Date it would fall due.
    pub due_date: Date,
    /// Legal entity that would issue it.
    pub entity: Option<String>,
    /// Terms as they would be printed.
    pub payment_terms: Option<String>,
}

/// What is expected of everything that is open.
#[derive(Debug, Clone)]
pub struct OpenBook {
    /// The last day whose facts are known.
    pub as_of: Date,
    /// The model that predicts.
    pub model_version: String,
    /// Every fact up to this number is in the predictions.
    pub sequence: i64,
    /// One entry an open invoice, without reasons, by invoice id.
    pub predictions: Vec<PaymentPrediction>,
}

/// What the book holds at present.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookState {
    /// The day it is of; none before the first rebuild.
    pub as_of: Option<Date>,
    /// The model that predicts.
    pub model_version: Option<String>,
    /// Number of the last fact that was there when it was built.
    pub sequence: i64,
    /// Open invoices.
    pub invoices: usize,
    /// Customers with one.
    pub customers: usize,
    /// Customers that are renewed at the next question about them.
    pub waiting: usize,
}
