//! Next best action: what may be done, what it is worth, and what is done under capacity.

mod choice;
mod choice_exact;
mod explore;
mod worklist;
