//! The action stage: what should be done for each customer, and what it is worth.

mod advice;
mod evaluate;
mod law;
mod policy;
mod proof;
mod effects;
mod value;
//! Next best action, one file an area.

mod account;
//! Next best action: what may be done, what it is worth, and what is done under capacity.

mod choice;
mod choice_exact;
mod explore;
mod worklist;
