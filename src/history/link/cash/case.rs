//! A receipt with what is found out about it once, before anything is decided.

use std::collections::BTreeSet;

use super::decision::Named;
use super::mention::Mention;
use super::payer::Payer;
use super::receipt::Receipt;

/// A receipt to be decided about.
#[derive(Debug)]
pub(super) struct Case<'k> {
    pub(super) receipt: Receipt<'k>,
    /// Its place in the order of receipts.
    pub(super) order: usize,
    /// Its place among the receipts that are done with.
    pub(super) place: usize,
    /// What it names, in the order of its texts.
    pub(super) mentions: Vec<Mention>,
    /// Whom the payer's name may stand for.
    pub(super) by_name: Option<Payer>,
}

/// The invoices that a receipt names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) open: Vec<Named>,
    /// Those that are settled, named so that nothing else can be meant.
    pub(super) settled: Vec<usize>,
    /// Open or settled; last digits count only where they are those of an invoice of the payer.
    pub(super) all: BTreeSet<usize>,
    /// Open or settled, named so that nothing else can be meant.
    pub(super) surely: BTreeSet<usize>,
}

/// The only one of some invoices, if there is just one.
#[derive(Debug, Default)]
pub(super) struct Only {
    first: Option<usize>,
    is_several: bool,
}

impl Only {
    pub(super) fn add(&mut self, position: usize) {
        self.is_several = self.first.is_some();
        self.first = self.first.or(Some(position));
    }

    pub(super) fn get(&self) -> Option<usize> {
        self.first.filter(|_| !self.is_several)
    }
}
