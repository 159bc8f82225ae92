//! What should be done for each customer: advice, worklists, policies, feedback and learning in a running service.
//!
//! **The same question has the same answer** until a fact of the customer, the policy, the effects, the model or the
//! day changes: a decision is named by a hash over all of these, and the first one told under a name is the one that
//! stays. It is kept in memory at once and in the store a moment later, before anything is recorded about it.
//!
//! **One customer and the whole book agree.** A plan of the whole book weighs customers against each other and says
//! what an hour of a collector is worth; advice for one customer is its line of today's plan, or is made at these
//! prices where its facts have changed since.
//!
//! **Feedback is a fact.** What was done goes into the ledger as any other action: caps and cooling-off see it at the
//! next question. It enlarges nothing: what may be done is decided by policy and law alone.

mod advice;
mod cache;
mod desk;
mod error;
mod feedback;
mod learn;
mod nightly;
mod patch;
mod plan;
mod policies;
mod recommend;
mod rehearse;
mod sight;
mod told;

pub use desk::{Desk, InForce};
pub use error::Error;
pub use feedback::{Feedback, FeedbackKind, FeedbackRecord, OutcomeWord};
pub use learn::LearningPeriod;
pub use plan::{Page, Plan};
pub use policies::{PolicyChange, PolicyRecord};
pub use rehearse::RehearsalPeriod;
pub(crate) use told::expected;
pub use told::{
    Alternative, AskedItem, GainView, Kept, Recommendation, ShareView, Sum, Unit, WhyNotView, Window,
};
