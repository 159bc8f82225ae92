//! Stage 5 of 5. In: payment predictions, the ledger's customers, policy and law as data. Out: a worklist.
//!
//! Answers the collections system's question: what should be done for this customer, by whom, through which channel,
//! when, and what is it worth? To wait is an answer too, and priced: every gain is against waiting.
//!
//! 1. [`Account`]: what is known of a customer and its open items on a day.
//! 2. [`Admissible`]: what may be done under the [`Policy`] and the law, and why the rest may not.
//! 3. [`Effects`]: what an action does to the daily hazard of payment; an assumption until data speaks.
//! 4. [`Gain`]: earlier cash and avoided loss, less cost, goodwill and discount, in money.
//! 5. The choice under the minutes, skills and languages of collectors; some of it random, and declared.
//! 6. What a policy was worth, and what another would have been, from logged [`Decision`]s.

pub mod account;
pub mod admissible;
pub mod advice;
mod amount;
pub mod candidate;
pub mod choice;
pub mod collector;
pub mod decision;
pub mod dry_run;
pub mod dunnable;
pub mod effect;
mod error;
pub mod evaluate;
pub mod exchange;
pub mod explore;
pub mod gain;
pub mod kind;
pub mod law;
pub mod learn;
pub mod plan;
pub mod policy;
pub mod rehearse;
pub mod rules;
pub mod value;
pub mod worklist;

pub use account::Account;
pub use admissible::admissible;
pub use advice::{Advice, AdviceKind, advise};
pub use candidate::{Admissible, Candidate, WhyNot};
pub use collector::Collector;
pub use decision::Decision;
pub use dunnable::{Dunnable, dunnable};
pub use effect::{Effect, Effects};
pub use error::Error;
pub use exchange::Exchange;
pub use gain::Gain;
pub use kind::{ActionId, ActionKind, Autonomy, Channel, PartyType, Stage};
pub use law::Law;
pub use learn::{LearnPlan, Learned, Observation, learn};
pub use plan::{PlanRequest, plan, recommend};
pub use policy::Policy;
pub use value::gain;
pub use worklist::Worklist;
