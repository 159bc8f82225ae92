//! The action stage: what should be done for each customer, and what it is worth.

mod policy;
mod proof;
//! What to do about each customer: the policy, the law, the effects, the choice and its proof.

mod advice;
mod law;
