//! What was set against what: clearing groups first, then open credits that name their invoice.
//!
//! The items that one document cleared are a group, and a group balances. Within it the credits are set against the
//! debits in an order that depends on the items alone: a credit that names its invoice, then equal amounts, then the
//! oldest. What a debit lacks in the end was cleared by something that is not in the export.

use std::collections::BTreeMap;

use crate::domain::Currency;
use crate::history::link::Known;

use super::book::{Book, known_invoice};
use super::earlier::{Earlier, Elsewhere};
use super::group::{Group, Line};
use super::item::{Clearing, Item, Kind};
use super::piece::{Cause, Piece, Settled, Tally};
use super::role::{Role, Roles, Target};

/// Sets credits against invoices.
pub(super) fn settle(book: &Book<'_>, roles: &Roles, known: &Known, earlier: &Earlier<'_>) -> Settled {
    let count = book.items.len();
    let mut settling = Settling {
        book,
        roles,
        owed: vec![0; count],
        owed_known: BTreeMap::new(),
        carried: vec![0; count],
        elsewhere: earlier.elsewhere.clone(),
        known,
        settled: Settled {
            pieces: Vec::new(),
            cash: vec![0; count],
            on_account: vec![0; count],
            tally: Tally::default(),
        },
    };
    settling.start();
    for ((clearing, _), members) in groups(&book.items) {
        settling.clear(clearing, &members);
    }
    settling.open_credits();
    settling.count_reopened();
    settling.settled
}

/// Items by what cleared them, oldest clearing first.
fn groups<'a>(items: &'a [Item<'_>]) -> BTreeMap<(&'a Clearing<'a>, &'a str), Vec<usize>> {
    let mut groups: BTreeMap<(&'a Clearing<'a>, &'a str), Vec<usize>> = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        if let Some(clearing) = &item.clearing {
            let by = (clearing, &*item.key.company);
            groups.entry(by).or_default().push(place);
        }
    }
    groups
}

/// The work in progress.
struct Settling<'a> {
    book: &'a Book<'a>,
    roles: &'a Roles,
    known: &'a Known,
    /// What each invoice of the export still owes.
    owed: Vec<i64>,
    /// What invoices of the ledger still owe, those that were looked at.
    owed_known: BTreeMap<usize, i64>,
    /// What of an item lives on in rests of it.
    carried: Vec<i64>,
    elsewhere: Elsewhere<'a>,
    settled: Settled,
}

impl Settling<'_> {
    /// Invoices owe their amount; rests are carried on; returns are owed again.
    fn start(&mut self) {
        for (place, item) in self.book.items.iter().enumerate() {
            match self.roles.of[place] {
                Role::Invoice => self.owed[place] = self.owed[place].saturating_add(item.minor),
                Role::Residual { parent, .. } => {
                    self.carried[parent] = self.carried[parent].saturating_add(item.minor);
                }
                Role::Return { root } => {
                    self.owed[root] = self.owed[root].saturating_add(item.minor);
                    self.settled.cash[place] = -item.minor;
                    self.settled.pieces.push(Piece {
                        cause: Cause::Return(place),
                        target: Target::Item(root),
                        kind: Kind::Payment,
                        minor: -item.minor,
                        on: item.cash_on,
                        recorded_on: item.entered_on,
                    });
                }
                Role::Loose if item.clearing.is_none() && item.kind == Kind::Payment => {
                    self.settled.cash[place] = -item.minor;
                }
                Role::Loose | Role::Credit { .. } => {}
            }
        }
    }

    /// Settles what one document cleared. Where the document is not known, nothing is set against anything.
    fn clear(&mut self, clearing: &Clearing, members: &[usize]) {
        let mut groups: BTreeMap<Currency, Group<'_>> = BTreeMap::new();
        for &place in members {
            let to_settle = self.left_to_settle(place, clearing);
            let item = &self.book.items[place];
            let line = Line {
                place,
                minor: item.minor,
                to_settle,
                left: to_settle,
                posted_on: item.posted_on,
                customer: &item.customer,
            };
            let group = groups.entry(item.currency).or_default();
            match self.roles.of[place] {
                Role::Credit { .. } => group.credits.push(line),
                Role::Loose => group.loose.push(line),
                Role::Invoice | Role::Residual { .. } | Role::Return { .. } => group.debits.push(line),
            }
        }
        if !clearing.document.is_empty() {
            self.count_without_cash(&groups);
            for group in groups.values_mut() {
                group.sort();
                self.net(group);
                self.by_reference(group, clearing);
                for (credit, debit, minor) in group.match_lines() {
                    self.allocate(credit, debit, minor, clearing);
                }
            }
            self.across_currencies(&mut groups, clearing);
        }
        for group in groups.values() {
            self.conclude(group, clearing);
        }
    }

    fn count_without_cash(&mut self, groups: &BTreeMap<Currency, Group<'_>>) {
        let mut credits = groups.values().flat_map(|group| &group.credits).peekable();
        let has_credit = credits.peek().is_some();
        let is_cash = |line: &Line<'_>| self.book.items[line.place].kind == Kind::Payment;
        let has_cash = credits.any(is_cash);
        let has_debit = groups.values().any(|group| !group.debits.is_empty());
        if has_debit && has_credit && !has_cash {
            self.settled.tally.without_cash += 1;
        }
    }

    /// What of an item is to be settled by its group: not its rests, and not the discount, which is given at once.
    fn left_to_settle(&mut self, place: usize, clearing: &Clearing) -> i64 {
        let item = &self.book.items[place];
        if !item.is_debit || self.roles.of[place] == Role::Loose {
            return item.minor;
        }
        let root = self.roles.root(place);
        let left = item.minor.saturating_sub(self.carried[place]).max(0);
        let discount = item.discount_minor.min(left).min(self.owed[root]);
        if discount > 0 {
            self.owed[root] -= discount;
            self.settled.pieces.push(Piece {
                cause: Cause::Discount(place),
                target: Target::Item(root),
                kind: Kind::WriteOff,
                minor: discount,
                on: clearing.on,
                recorded_on: Some(clearing.on),
            });
        }
        left - discount.max(0)
    }

    /// Credits that were undone or paid out: no invoice has a part in it.
    fn net(&mut self, group: &mut Group<'_>) {
        for (credit, loose, minor) in group.net_lines(&self.book.items) {
            // A credit note that is paid out is neither a receipt nor the loss of one.
            let is_cash = |place: usize| self.book.items[place].kind == Kind::Payment;
            if is_cash(credit) && is_cash(loose) {
                self.settled.cash[credit] = self.settled.cash[credit].saturating_add(minor);
                self.settled.cash[loose] = self.settled.cash[loose].saturating_sub(minor);
            }
        }
    }

    /// Credits that name their invoice.
    fn by_reference(&mut self, group: &mut Group<'_>, clearing: &Clearing) {
        let mut debits: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, line) in group.debits.iter().enumerate() {
            debits.entry(self.roles.root(line.place)).or_default().push(at);
        }
        for credit in 0..group.credits.len() {
            let place = group.credits[credit].place;
            let Role::Credit { target: Some(target) } = self.roles.of[place] else {
                continue;
            };
            match target {
                Target::Item(root) => {
                    for &debit in debits.get(&root).map(Vec::as_slice).unwrap_or_default() {
                        let minor = group.take(credit, debit);
                        self.allocate(place, group.debits[debit].place, minor, clearing);
                    }
                }
                Target::Known(_) => {
                    let minor = group.credits[credit].left;
                    let taken = self.add_credit(place, target, minor, None);
                    group.credits[credit].left -= taken;
                }
            }
        }
    }

    /// Sets a part of a credit against the invoice of a debit item in its group.
    fn allocate(&mut self, credit: usize, debit: usize, minor: i64, clearing: &Clearing) {
        let target = Target::Item(self.roles.root(debit));
        let names_it =
            matches!(self.roles.of[credit], Role::Credit { target: Some(named) } if named == target);
        let cleared = if names_it { None } else { Some(clearing) };
        self.add_credit(credit, target, minor, cleared);
    }

    /// Sets a part of a credit against an invoice, as far as it owes; returns how much that is.
    fn add_credit(&mut self, credit: usize, target: Target, minor: i64, cleared: Option<&Clearing>) -> i64 {
        let minor = minor.min(self.owes(target));
        if minor <= 0 {
            return 0;
        }
        let item = &self.book.items[credit];
        self.pay(target, minor);
        if item.kind == Kind::Payment {
            self.settled.cash[credit] = self.settled.cash[credit].saturating_add(minor);
        }
        self.settled
            .pieces
            .push(Piece::of_credit(credit, item, target, minor, cleared));
        minor
    }

    fn owes(&self, target: Target) -> i64 {
        match target {
            Target::Item(place) => self.owed.get(place).copied().unwrap_or(0),
            // Not what is open there: this very credit may have been set against it by an earlier import.
            Target::Known(place) => {
                let amount = self
                    .known
                    .invoices
                    .get(place)
                    .map_or(0, |invoice| invoice.amount_minor);
                self.owed_known.get(&place).copied().unwrap_or(amount)
            }
        }
    }

    fn pay(&mut self, target: Target, minor: i64) {
        let rest = self.owes(target).saturating_sub(minor);
        match target {
            Target::Item(place) => self.owed[place] = rest,
            Target::Known(place) => {
                self.owed_known.insert(place, rest);
            }
        }
    }

    /// Debits that were cleared by a credit in another currency: settled in their own, by that credit.
    fn across_currencies(&mut self, groups: &mut BTreeMap<Currency, Group<'_>>, clearing: &Clearing) {
        let currencies: Vec<Currency> = groups.keys().copied().collect();
        let mut is_used = false;
        for currency in currencies {
            let Some(credit) = self.credit_in_another(groups, currency) else {
                continue;
            };
            let Some(group) = groups.get_mut(&currency) else {
                continue;
            };
            for line in group.debits.iter_mut().filter(|line| line.left > 0) {
                let target = Target::Item(self.roles.root(line.place));
                // The amount is no part of the receipt, which is in another currency.
                let cash = self.settled.cash[credit];
                if self.add_credit(credit, target, line.left, Some(clearing)) > 0 {
                    self.settled.tally.across += 1;
                    is_used = true;
                }
                self.settled.cash[credit] = cash;
                line.left = 0;
            }
        }
        if !is_used {
            return;
        }
        for line in groups.values_mut().flat_map(|group| &mut group.credits) {
            line.left = 0;
        }
    }

    /// A credit in another currency that is not used up: cash before credit notes.
    fn credit_in_another(&self, groups: &BTreeMap<Currency, Group<'_>>, than: Currency) -> Option<usize> {
        groups
            .iter()
            .filter(|(currency, _)| **currency != than)
            .flat_map(|(_, group)| &group.credits)
            .filter(|line| line.left > 0)
            .map(|line| line.place)
            .min_by_key(|place| self.book.items[*place].kind != Kind::Payment)
    }

    /// What is left of a group: cleared by something that is not in the export.
    fn conclude(&mut self, group: &Group<'_>, clearing: &Clearing) {
        let kept = sum(group.debits.iter().map(|line| line.minor - line.to_settle));
        let surplus = sum(group.credits.iter().map(|line| line.left));
        // Credits over what rests and discounts account for paid something else.
        if surplus > kept {
            let credits = group.credits.iter().filter(|line| line.left > 0).count();
            self.settled.tally.outside += u64::try_from(credits).unwrap_or(u64::MAX);
        }
        for line in group.debits.iter().filter(|line| line.left > 0) {
            self.clear_by_absent(line.place, line.left, clearing);
        }
    }

    fn clear_by_absent(&mut self, place: usize, minor: i64, clearing: &Clearing) {
        let item = &self.book.items[place];
        let root = self.roles.root(place);
        let target = Target::Item(root);
        let minor = minor.min(self.owes(target));
        if minor <= 0 {
            return;
        }
        self.pay(target, minor);
        let invoice_id = self.book.items[root].key.id();
        let minor = minor - self.elsewhere.take(&invoice_id, minor);
        if minor == 0 {
            self.settled.tally.in_ledger += 1;
            return;
        }
        self.settled.tally.absent += 1;
        let header = self.book.clearing_header(&item.key.company, clearing);
        let kind = header.and_then(|header| header.kind).unwrap_or(Kind::Payment);
        let posted_on = header.and_then(|header| header.posted_on);
        let on = match kind {
            Kind::Payment | Kind::WriteOff => posted_on.unwrap_or(clearing.on),
            Kind::CreditNote | Kind::Invoice => clearing.on,
        };
        self.settled.pieces.push(Piece {
            cause: Cause::Absent(place),
            target,
            kind,
            minor,
            on,
            recorded_on: Some(clearing.on),
        });
    }

    /// Open credits: what names an invoice settles it, the rest is on account.
    fn open_credits(&mut self) {
        let items = &self.book.items;
        let mut open: Vec<usize> = (0..items.len())
            .filter(|place| !items[*place].is_debit && items[*place].clearing.is_none())
            .collect();
        open.sort_by_key(|place| items[*place].posted_on);
        for place in open {
            let mut left = items[place].minor;
            if let Role::Credit { target: Some(target) } = self.roles.of[place] {
                left -= self.add_credit(place, target, left, None);
            }
            self.settled.on_account[place] = left;
            if items[place].kind == Kind::Payment {
                self.settled.cash[place] = self.settled.cash[place].saturating_add(left);
            }
        }
    }

    /// Invoices that are open here and settled further in the ledger: a clearing was undone, or is not posted yet.
    fn count_reopened(&mut self) {
        for (place, item) in self.book.items.iter().enumerate() {
            if self.roles.of[place] != Role::Invoice || item.clearing.is_some() {
                continue;
            }
            let known = known_invoice(self.known, &item.key.id());
            let invoice = known.and_then(|at| self.known.invoices.get(at));
            if invoice.is_some_and(|invoice| invoice.open_minor < self.owed[place]) {
                self.settled.tally.reopened += 1;
            }
        }
    }
}

fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}
