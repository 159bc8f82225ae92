//! What to do about each customer: the policy, the law, the effects, the choice and its proof.

mod advice;
mod law;
