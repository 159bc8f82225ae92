//! A world in which the action stage is judged: a simulated ledger as the stage sees it, and the truth that it does not.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use duecast::action::account::Account;
use duecast::action::choice::Method;
use duecast::action::effect::{EffectContext, EffectSource};
use duecast::action::law::Law;
use duecast::action::learn::Learned;
use duecast::action::plan::{PlanRequest, plan};
use duecast::action::policy::ValueTerms;
use duecast::action::worklist::Worklist;
use duecast::action::{ActionId, Candidate, Effect, Effects, Exchange, Policy, Stage};
use duecast::app::service::effects::{LearnRequest, learn_effects};
use duecast::domain::date::add_days;
use duecast::domain::{Currency, Date};
use duecast::features;
use duecast::history::History;
use duecast::model::artifact::{ArtifactInfo, LoadedModel};
use duecast::model::{self, ModelName, PaymentDistribution, Reasons, TrainingPlan, TrainingSet};
use duecast::simulate::{self, DecisionTruth, Lateness, Later, SimulationPlan, Treatment};

/// Days after a decision in which payment counts.
pub(crate) const WINDOW_DAYS: u32 = 14;
/// Books that are judged, and the days between them: more than an action works.
const BOOKS: i64 = 4;
const STRIDE_DAYS: i64 = 21;
/// Days whose decisions are learned from, and the days from one look at the book to the next.
const LEARNED_DAYS: i64 = 365;
const LOOK_DAYS: u32 = 7;
/// Days of the year, and of the distribution that is judged: the truth, and the tail that it goes on with.
const DAYS_OF_YEAR: f64 = 365.0;
const TAIL_STEP_DAYS: i32 = 14;

/// The catalogue is what the simulator can do, and a handover that never may be done.
const POLICY: &str = r#"
name = "proof"
currency = "EUR"

[[action]]
id = "wait"
kind = "wait"

[[action]]
id = "reminder"
kind = "reminder"
channel = "email"
cost = "0.05"
cooling_off_days = 0
effect = { odds_ratio = 1.10, low = 0.95, high = 1.30, days = 14 }

[[action]]
id = "sms"
kind = "reminder"
channel = "sms"
cost = "0.10"
cooling_off_days = 0
effect = { odds_ratio = 1.05, low = 0.85, high = 1.30, days = 14 }

[[action]]
id = "letter"
kind = "reminder"
channel = "post"
cost = "2.00"
cooling_off_days = 0
effect = { odds_ratio = 1.15, low = 0.90, high = 1.45, days = 14 }

[[action]]
id = "call"
kind = "call"
channel = "phone"
minutes = 10
cooling_off_days = 0
effect = { odds_ratio = 1.20, low = 0.90, high = 1.60, days = 14 }

[[action]]
id = "handover"
kind = "handover"
channel = "internal"
when = { days_past_due_min = 3000 }

[[procedure]]
id = "overdue"
steps = [
    { action = "reminder", from_days_past_due = 1 },
    { action = "sms", from_days_past_due = 1 },
    { action = "letter", from_days_past_due = 1 },
    { action = "call", from_days_past_due = 1 },
    { action = "handover", from_days_past_due = 90 },
]

[[assignment]]
procedure = "overdue"

[caps]
contacts = [{ days = 14, contacts = 1 }]

# Cash is dear, so that minutes on the telephone are worth something, and who never pays here is beyond reach.
[value]
cost_of_capital = 0.25
loss_share = 0.8
rescue_share = 0.0
minute_cost = "0.75"

[exploration]
share = 0.0
hold_out_share = 0.0
"#;

/// A ledger, its books at some days, and the truth about both.
pub(crate) struct World {
    pub(crate) plan: SimulationPlan,
    pub(crate) history: History,
    pub(crate) policy: Policy,
    pub(crate) law: Law,
    pub(crate) exchange: Exchange,
    /// Decisions whose outcome was known on the day of the first book.
    pub(crate) decisions: Vec<DecisionTruth>,
    pub(crate) books: Vec<Book>,
}

/// The open book of a day.
pub(crate) struct Book {
    pub(crate) as_of: Date,
    pub(crate) accounts: Vec<Account>,
    truth: BTreeMap<String, Truth>,
}

/// What truly becomes of an invoice after each treatment.
struct Truth {
    /// What a unit of it is worth.
    worth: [f64; Treatment::ALL.len()],
    /// Days of the window that are left when it is settled.
    days: [f64; Treatment::ALL.len()],
}

/// Returns the policy of the proof with so many collectors of so many minutes.
pub(crate) fn policy(collectors: u32, minutes: u32) -> Result<Policy> {
    let mut text = POLICY.to_owned();
    for number in 1..=collectors {
        text.push_str(&format!(
            "\n[[collector]]\nid = \"C{number:02}\"\nminutes_per_day = {minutes}\n"
        ));
    }
    Ok(Policy::from_toml(&text, "the policy of the proof")?)
}

impl World {
    /// Simulates a ledger, learns to predict it up to the first book, and reads the truth of every book.
    pub(crate) fn build(plan: SimulationPlan, policy: Policy) -> Result<Self> {
        let days: Vec<Date> = (0..BOOKS)
            .rev()
            .map(|number| add_days(plan.end_date, -STRIDE_DAYS * number))
            .collect();
        let history = History::from_frames(&simulate::frames(&plan)?)?;
        let training = TrainingSet::build(&history.as_of(days[0]), &TrainingPlan::default())?;
        let model = model::fit(ModelName::DEFAULT, &training, 1)?;
        let mut books = Vec::new();
        for as_of in &days {
            let snapshot = history.as_of(*as_of);
            let predictions = model.predict(&features::book(&snapshot)?, Reasons::LeftOut)?;
            let accounts = Account::read_all(&snapshot, &predictions, &policy.exclusions)?;
            // Nothing is asked for before it is due.
            let mut truth = BTreeMap::new();
            for outlook in simulate::action_outlook(&plan, &[*as_of], Some(1), Later::Nothing)?.invoices {
                let mut worth = [0.0; Treatment::ALL.len()];
                for treatment in Treatment::ALL {
                    worth[treatment.index()] = worth_of(outlook.paid_by(treatment), &policy.value)?;
                }
                let days = Treatment::ALL.map(|treatment| {
                    let paid_by = outlook.paid_by(treatment).iter();
                    paid_by.take(WINDOW_DAYS as usize - 1).sum::<f64>()
                });
                truth.insert(outlook.invoice_id, Truth { worth, days });
            }
            books.push(Book {
                as_of: *as_of,
                accounts,
                truth,
            });
        }
        let known = add_days(days[0], -i64::from(WINDOW_DAYS));
        let mut decisions = simulate::decision_truth(&plan, WINDOW_DAYS)?;
        decisions.retain(|decision| decision.day <= known);
        Ok(Self {
            plan,
            history,
            policy,
            law: Law::shipped(),
            exchange: exchange()?,
            decisions,
            books,
        })
    }

    /// Learns as `duecast effects` does from the decisions of the year before the first book, on what a model predicts
    /// that was fitted before that year.
    pub(crate) fn learned(&self) -> Result<Learned> {
        let to = add_days(self.books[0].as_of, -i64::from(WINDOW_DAYS));
        let from = add_days(to, -LEARNED_DAYS);
        let known = add_days(from, -1);
        let training = TrainingSet::build(&self.history.as_of(known), &TrainingPlan::default())?;
        let model = LoadedModel {
            model: model::fit(ModelName::DEFAULT, &training, 1)?,
            info: ArtifactInfo::new(&training, 1, self.history.fingerprint()),
            band: None,
        };
        let request = LearnRequest {
            from,
            to,
            stride_days: LOOK_DAYS,
            window_days: WINDOW_DAYS,
            policy: &self.policy,
        };
        Ok(learn_effects(&self.history, &model, &request, &|_, _| {})?.learned)
    }

    /// The effects that the policy assumes.
    pub(crate) fn assumed(&self) -> Effects {
        Effects::assumed(&self.policy)
    }

    /// The effects as the simulator knows them: in each cell the shift that makes the true difference of the days in
    /// hand, over what is open in the books, out of the same predictions. A call that ends in a promise is no shift of any
    /// hazard, so the parameters of the simulator would say something else.
    pub(crate) fn true_effects(&self) -> Effects {
        let mut effects = self.assumed();
        for truth in simulate::true_differences(&self.decisions) {
            let place = truth.treatment.index();
            let (mut items, mut difference) = (Vec::new(), 0.0);
            for book in &self.books {
                let of_segment = |account: &&Account| account.segment.as_deref() == Some(truth.segment);
                for item in book
                    .accounts
                    .iter()
                    .filter(of_segment)
                    .flat_map(|account| &account.items)
                {
                    // What is disputed or promised is left alone.
                    let is_asked = Stage::of(item.days_past_due) == stage(truth.lateness)
                        && item.disputed_minor == 0
                        && item.promised_minor == 0;
                    let known = book.truth.get(&item.invoice_id);
                    if let Some(known) = known.filter(|_| is_asked) {
                        items.push(&item.distribution);
                        difference += known.days[place] - known.days[Treatment::Wait.index()];
                    }
                }
            }
            let effect = Effect {
                shift: shift_of(&items, difference, self.plan.effect_days),
                std_error: 0.0,
                days: self.plan.effect_days,
                source: EffectSource::Learned { decisions: 1_000_000 },
            };
            let context = EffectContext {
                segment: Some(truth.segment),
                stage: stage(truth.lateness),
            };
            effects = effects.with_cell(ActionId::new(truth.treatment.name()), context, effect);
        }
        effects
    }

    /// Plans the day after a book.
    pub(crate) fn planned(&self, book: &Book, effects: &Effects) -> Result<Worklist> {
        let facts = |account: &Account| account.customer_id.clone();
        Ok(plan(&PlanRequest {
            as_of: book.as_of,
            day: book.day(),
            accounts: &book.accounts,
            policy: &self.policy,
            law: &self.law,
            effects,
            exchange: &self.exchange,
            model: "proof",
            facts: &facts,
            method: Method::Prices,
            explores: false,
        })?)
    }

    /// What a candidate is truly worth against waiting, in minor units of the policy's currency.
    pub(crate) fn true_gain(&self, book: &Book, account: &Account, candidate: &Candidate) -> f64 {
        let rule = &self.policy.actions[candidate.action];
        let treatment = match Treatment::parse(rule.id.as_str()) {
            None | Some(Treatment::Wait) => return 0.0,
            Some(treatment) => treatment,
        };
        let fees = u32::try_from(rule.cost_minor + rule.goodwill_minor).unwrap_or(u32::MAX);
        let mut gain = -f64::from(fees) - f64::from(rule.minutes) * self.policy.value.minute_cost_minor;
        for (item, asked) in candidate.items.iter().zip(&candidate.amounts_minor) {
            let item = &account.items[*item];
            let truth = book.truth.get(&item.invoice_id);
            if let (Some(truth), Some(minor)) = (truth, self.exchange.minor(*asked, item.currency)) {
                gain += minor * (truth.worth[treatment.index()] - truth.worth[Treatment::Wait.index()]);
            }
        }
        gain
    }

    /// What a worklist is truly worth against waiting.
    pub(crate) fn true_value(&self, book: &Book, worklist: &Worklist) -> f64 {
        worklist
            .lines
            .iter()
            .filter_map(|line| Some((book.account(&line.customer_id)?, &line.candidate)))
            .map(|(account, candidate)| self.true_gain(book, account, candidate))
            .sum()
    }
}

impl Book {
    /// The day that is planned.
    pub(crate) fn day(&self) -> Date {
        add_days(self.as_of, 1)
    }

    /// Finds an account.
    pub(crate) fn account(&self, customer_id: &str) -> Option<&Account> {
        Account::find(&self.accounts, customer_id)
    }
}

/// Returns the stage of a lateness: the bounds are the same.
pub(crate) fn stage(lateness: Lateness) -> Stage {
    match lateness {
        Lateness::Early => Stage::Early,
        Lateness::Middle => Stage::Middle,
        Lateness::Late => Stage::Late,
    }
}

/// Finds the shift that makes a difference of the days in hand within the window, by halving.
fn shift_of(items: &[&PaymentDistribution], difference: f64, days: u32) -> f64 {
    let (days, window) = (days.cast_signed(), WINDOW_DAYS.cast_signed());
    let made = |shift: f64| {
        let in_hand = |item: &PaymentDistribution| (1..window).map(|day| item.paid_by(day)).sum::<f64>();
        let moved = items
            .iter()
            .map(|item| in_hand(&item.with_logit_shift_until(shift, days)) - in_hand(item));
        moved.sum::<f64>()
    };
    let (mut low, mut high) = (-3.0, 3.0);
    for _ in 0..30 {
        let middle = f64::midpoint(low, high);
        if made(middle) < difference {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Returns rates for the currencies of the simulator.
fn exchange() -> Result<Exchange> {
    let currency = |code: &str| Currency::parse(code).context("a currency of the simulator");
    Ok(Exchange::of(Currency::EUR)
        .with(currency("USD")?, 0.9)
        .with(currency("GBP")?, 1.15))
}

/// Returns what a unit is worth that is settled by these probabilities: less the capital that it binds, and the loss
/// where it is never settled. The truth ends after 91 days and goes on as predictions do.
fn worth_of(settled_by: &[f64], terms: &ValueTerms) -> Result<f64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "24 bits of a probability are enough"
    )]
    let days: Vec<f32> = settled_by.iter().map(|share| *share as f32).collect();
    let distribution = PaymentDistribution::from_cdf(days)?;
    let held: f64 = 1.0
        + settled_by[..settled_by.len() - 1]
            .iter()
            .map(|share| 1.0 - share)
            .sum::<f64>();
    let mut tail = 0.0;
    let first = i32::try_from(settled_by.len())?;
    let mut day = first;
    while day < distribution.last_day() {
        let end = (day + TAIL_STEP_DAYS).min(distribution.last_day());
        let middle = f64::midpoint(distribution.open_after(day), distribution.open_after(end));
        tail += f64::from(end - day) * middle;
        day = end;
    }
    Ok(1.0 - terms.cost_of_capital * (held + tail) / DAYS_OF_YEAR - terms.loss_share * distribution.never())
}
