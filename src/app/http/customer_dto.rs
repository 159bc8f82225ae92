//! Customers as they are answered: how they pay, what they owe, what is expected.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::book::{
    Behaviour, CustomerOutlook, CustomerRecord, CustomerRisk, DisputeRecord, InvoiceOutlook, InvoiceRecord,
    PaidRecord, PromiseRecord, Risk,
};
use crate::app::store::RiskRow;

use super::prediction_dto::{Prediction, Shown, hundredths, rounded};

/// Which day is asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct DayParams {
    /// The last day whose facts are known; today where it is left out, and at the latest.
    pub(super) as_of: Option<NaiveDate>,
}

/// Which changes of risk are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RiskChangeParams {
    /// The first day whose changes are listed.
    pub(super) since: NaiveDate,
    /// Rows of the page, 100 where it is left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

/// How a customer pays, what it owes and what is expected.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerProfile {
    /// The customer.
    pub(super) customer_id: String,
    /// The last day whose facts are known.
    pub(super) as_of: NaiveDate,
    /// Name, for people; null for a client that may not see it.
    pub(super) name: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub(super) country: Option<String>,
    /// How it has paid so far, every invoice counting the same.
    pub(super) paid: PaidRecord,
    /// How it pays lately, as the model sees it; null where nothing is open.
    pub(super) behaviour: Option<CustomerBehaviour>,
    /// Risk from its own behaviour; null where nothing is open.
    pub(super) risk: Option<CustomerRiskLevel>,
    /// Score of an agency, where one is known: beside the risk, not in it.
    pub(super) external_score: Option<f64>,
    /// What makes its payments late, over its largest open invoices, most weighty first.
    pub(super) reasons: Vec<ProfileReason>,
    /// Its open invoices with what is expected of them, by due date.
    pub(super) open: Vec<Prediction>,
    /// Its promises to pay.
    pub(super) promises: Vec<PromiseRecord>,
    /// Its disputes, resolved ones included.
    pub(super) disputes: Vec<DisputeRecord>,
}

/// How a customer pays lately, in days past due: weighed towards the recent past and towards customers like it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerBehaviour {
    /// Usual days past due at payment.
    pub(super) level_days: f64,
    /// Spread about it.
    pub(super) spread_days: f64,
    /// Share of invoices paid late.
    pub(super) late_share: f64,
    /// Level since the last change of behaviour.
    pub(super) trend_days: f64,
    /// Recent payment runs against earlier ones; positive when it is getting slower.
    pub(super) drift_days: f64,
    /// Shift of the level at the last change, fading.
    pub(super) shift_days: f64,
    /// Days past due of the invoice paid last.
    pub(super) last_days: f64,
    /// What customers like it do: with the same terms, and of the same country and segment where that is known to matter.
    pub(super) like_it_days: f64,
    /// Usual days between payment runs; zero with fewer than two.
    pub(super) run_gap_days: f64,
    /// Days since the last payment run over the usual gap.
    pub(super) silence: f64,
    /// Share of promises kept.
    pub(super) promises_kept_share: f64,
}

/// How likely what a customer owes is to stay unpaid for thirty days past due.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerRiskLevel {
    /// Below 0.05 low, below 0.20 medium, else high.
    pub(super) level: Risk,
    /// Probability of being open thirty days past due, weighed by open amount.
    pub(super) unpaid_30_days_probability: f64,
    /// Expected days past due of what is open, weighed by open amount.
    pub(super) expected_delay_days: f64,
}

/// A reason that several invoices of a customer share.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProfileReason {
    /// Stable code.
    #[schema(example = "R02")]
    pub(super) code: String,
    /// In the words of the invoice on which it weighs most.
    pub(super) text: String,
    /// Invoices that have it.
    pub(super) invoices: usize,
    /// Days by which payment is expected later because of it, on average over these invoices.
    pub(super) days: f64,
}

/// Every feature of a customer's open invoices on a day; no names.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerFeatures {
    /// The customer.
    pub(super) customer_id: String,
    /// The last day whose facts are known.
    pub(super) as_of: NaiveDate,
    /// Unit of each feature, by name.
    pub(super) units: BTreeMap<String, String>,
    /// One entry an open invoice, by id.
    pub(super) invoices: Vec<InvoiceFeatures>,
}

/// Every feature of an open invoice.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvoiceFeatures {
    /// The invoice.
    pub(super) invoice_id: String,
    /// Value of each feature, by name.
    pub(super) values: BTreeMap<String, f64>,
}

/// A customer whose risk is another one than before.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RiskChange {
    /// The customer.
    pub(super) customer_id: String,
    /// The day at whose turn it changed.
    pub(super) as_of: NaiveDate,
    /// `low`, `medium` or `high`.
    pub(super) risk: String,
    /// What it was before.
    pub(super) previous_risk: String,
    /// Share of invoices that the customer pays late.
    pub(super) late_share: f64,
    /// Expected days past due of what is open.
    pub(super) expected_delay_days: f64,
}

impl CustomerProfile {
    /// Puts together what is known and what is expected; `explained` are the invoices whose reasons count.
    pub(super) fn of(
        record: CustomerRecord,
        outlook: Option<&CustomerOutlook>,
        explained: &[&InvoiceOutlook],
    ) -> Self {
        let paid = record.paid();
        let behaviour = outlook.and_then(CustomerOutlook::behaviour);
        let open = outlook
            .map(|outlook| outlook.invoices.as_slice())
            .unwrap_or_default();
        let mut open: Vec<Prediction> = open.iter().map(|one| Prediction::of(one, Shown::BRIEF)).collect();
        open.sort_by(|left, right| {
            (left.due_date, &left.invoice_id).cmp(&(right.due_date, &right.invoice_id))
        });
        let disputes = record
            .invoices
            .into_iter()
            .flat_map(|invoice: InvoiceRecord| invoice.disputes);
        Self {
            customer_id: record.customer_id,
            as_of: record.as_of,
            name: record.name,
            country: record.country,
            paid,
            behaviour: behaviour.as_ref().map(CustomerBehaviour::of),
            risk: outlook
                .and_then(CustomerOutlook::risk)
                .as_ref()
                .map(CustomerRiskLevel::of),
            external_score: record.external_score,
            reasons: reasons(explained),
            open,
            promises: record.promises,
            disputes: disputes.collect(),
        }
    }
}

impl CustomerBehaviour {
    fn of(behaviour: &Behaviour) -> Self {
        Self {
            level_days: hundredths(behaviour.level_days),
            spread_days: hundredths(behaviour.spread_days),
            late_share: rounded(behaviour.late_share),
            trend_days: hundredths(behaviour.trend_days),
            drift_days: hundredths(behaviour.drift_days),
            shift_days: hundredths(behaviour.shift_days),
            last_days: hundredths(behaviour.last_days),
            like_it_days: hundredths(behaviour.like_it_days),
            run_gap_days: hundredths(behaviour.run_gap_days),
            silence: hundredths(behaviour.silence),
            promises_kept_share: rounded(behaviour.promises_kept_share),
        }
    }
}

impl CustomerRiskLevel {
    fn of(risk: &CustomerRisk) -> Self {
        Self {
            level: risk.risk,
            unpaid_30_days_probability: rounded(risk.unpaid_30_days_probability),
            expected_delay_days: hundredths(risk.expected_delay_days),
        }
    }
}

impl CustomerFeatures {
    /// Returns the features of the open invoices of a customer, of whom there may be none.
    pub(super) fn of(customer_id: String, as_of: NaiveDate, invoices: &[&InvoiceOutlook]) -> Self {
        let mut units = BTreeMap::new();
        let invoices = invoices.iter().map(|outlook| {
            let mut values = BTreeMap::new();
            for feature in outlook.features() {
                units.insert(feature.name.to_owned(), feature.unit.to_owned());
                values.insert(feature.name.to_owned(), feature.value);
            }
            InvoiceFeatures {
                invoice_id: outlook.prediction().invoice_id.clone(),
                values,
            }
        });
        let invoices = invoices.collect();
        Self {
            customer_id,
            as_of,
            units,
            invoices,
        }
    }
}

impl RiskChange {
    /// Returns a change as it is answered.
    pub(super) fn of(row: RiskRow) -> Self {
        Self {
            customer_id: row.customer_id,
            as_of: row.as_of,
            risk: row.risk,
            previous_risk: row.previous_risk.unwrap_or_default(),
            late_share: rounded(row.late_share),
            expected_delay_days: hundredths(row.expected_delay_days),
        }
    }
}

/// Reasons of several invoices by code, the most weighty first.
fn reasons(explained: &[&InvoiceOutlook]) -> Vec<ProfileReason> {
    let mut by_code: BTreeMap<&str, (usize, f64, f64, &str)> = BTreeMap::new();
    for reason in explained.iter().flat_map(|outlook| outlook.reasons()) {
        let (invoices, days, most, text) = by_code.entry(reason.code).or_default();
        *invoices += 1;
        *days += reason.days;
        if reason.days > *most {
            (*most, *text) = (reason.days, reason.text.as_str());
        }
    }
    let mut shared = Vec::from_iter(by_code);
    shared.sort_by(|(_, left), (_, right)| right.1.total_cmp(&left.1));
    shared
        .into_iter()
        .map(|(code, (invoices, days, _, text))| ProfileReason {
            code: code.to_owned(),
            text: text.to_owned(),
            invoices,
            days: hundredths(days / u32::try_from(invoices).map_or(f64::INFINITY, f64::from)),
        })
        .collect()
}
