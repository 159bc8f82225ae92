//! The action stage: what should be done for each customer, and what it is worth.

mod evaluate;
mod advice;
mod law;
mod policy;
mod proof;
