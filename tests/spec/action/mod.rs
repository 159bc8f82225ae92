//! The action stage: what should be done for each customer, and what it is worth.

mod account;
mod advice;
mod choice;
mod choice_exact;
mod effects;
mod evaluate;
mod explore;
mod law;
mod policy;
mod proof;
mod value;
mod worklist;
