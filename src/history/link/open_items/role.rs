//! What each item is for the ledger: an invoice, the rest of one, its return, or a credit.

use std::collections::BTreeMap;

use crate::history::link::Known;

use super::book::{Book, known_by_reference};
use super::item::{Item, Kind};

/// References followed from a rest to its invoice; books have two or three.
const CHAIN_MAX: usize = 64;

/// An invoice that something is set against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// An item of the export.
    Item(usize),
    /// An invoice of the ledger that the export does not have.
    Known(usize),
}

/// What an item is for the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An invoice of its own.
    Invoice,
    /// What was left of an item when it was cleared: still the balance of its invoice.
    Residual { parent: usize, root: usize },
    /// Money of an invoice that went back: a returned debit, a bounced cheque, an undone part payment.
    Return { root: usize },
    /// A debit that belongs to no invoice: a refund, a return, the reversal of a credit.
    Loose,
    /// A credit, and the invoice it names.
    Credit { target: Option<Target> },
}

/// The roles of all items.
#[derive(Debug)]
pub(super) struct Roles {
    pub(super) of: Vec<Role>,
    /// Rests whose invoice is not in the export, taken as invoices of their own.
    pub(super) orphans: u64,
}

impl Roles {
    pub(super) fn of(book: &Book<'_>, known: &Known) -> Self {
        let mut finder = Finder::of(book);
        let mut roles: Vec<Role> = Vec::with_capacity(book.items.len());
        for place in 0..book.items.len() {
            roles.push(finder.explicit(place));
        }
        finder.implicit(&mut roles);
        settle_roots(&mut roles);
        for (place, item) in book.items.iter().enumerate() {
            if item.is_debit {
                continue;
            }
            let target = item.refers_to.as_ref().and_then(|reference| {
                match finder.parents.get(place).copied().flatten() {
                    Some(parent) => Some(Target::Item(root_of(&roles, parent))),
                    None => known_by_reference(known, item, reference)
                        .filter(|at| known.invoices[*at].currency == item.currency)
                        .map(Target::Known),
                }
            });
            roles[place] = Role::Credit { target };
        }
        Self {
            of: roles,
            orphans: finder.orphans,
        }
    }

    /// The invoice that a debit item is, or is a part of.
    pub(super) fn root(&self, place: usize) -> usize {
        root_of(&self.of, place)
    }
}

fn root_of(roles: &[Role], place: usize) -> usize {
    match roles.get(place) {
        Some(Role::Residual { root, .. } | Role::Return { root }) => *root,
        _ => place,
    }
}

/// Finds what belongs to what.
struct Finder<'b> {
    items: &'b [Item<'b>],
    /// The item each item refers to.
    parents: Vec<Option<usize>>,
    /// Cleared debit items by the invoice at the end of their references and the document that cleared them.
    members: BTreeMap<(usize, &'b str), Vec<usize>>,
    /// Cleared debit items by company and clearing document.
    cleared_by: BTreeMap<(&'b str, &'b str), Vec<usize>>,
    orphans: u64,
}

impl<'b> Finder<'b> {
    fn of(book: &'b Book<'_>) -> Self {
        let items = book.items.as_slice();
        let parents: Vec<Option<usize>> = items
            .iter()
            .enumerate()
            .map(|(place, item)| {
                let reference = item.refers_to.as_ref()?;
                book.referred(place, reference)
            })
            .collect();
        let mut finder = Self {
            items,
            parents,
            members: BTreeMap::new(),
            cleared_by: BTreeMap::new(),
            orphans: 0,
        };
        for (place, item) in items.iter().enumerate().filter(|(_, item)| item.is_debit) {
            let Some(clearing) = item.clearing.as_ref().filter(|at| !at.document.is_empty()) else {
                continue;
            };
            let document = &*clearing.document;
            let base = finder.base(place);
            finder.members.entry((base, document)).or_default().push(place);
            let by = (&*item.key.company, document);
            finder.cleared_by.entry(by).or_default().push(place);
        }
        finder
    }

    /// The item at the end of the references; a circle, which no book has, ends somewhere on it.
    fn base(&self, place: usize) -> usize {
        let mut base = place;
        for _ in 0..CHAIN_MAX {
            match self.parents.get(base).copied().flatten() {
                Some(parent) => base = parent,
                None => return base,
            }
        }
        place
    }

    /// The role of an item by its own reference.
    fn explicit(&mut self, place: usize) -> Role {
        let item = &self.items[place];
        if !item.is_debit {
            return Role::Credit { target: None };
        }
        let base = self.base(place);
        if base == place {
            let names_unknown = item.refers_to.is_some() && item.kind != Kind::Invoice;
            self.orphans += u64::from(names_unknown);
            return if names_unknown {
                Role::Invoice
            } else {
                unreferenced(item)
            };
        }
        let parent = if clears_itself(item) {
            None
        } else {
            let members = self.members.get(&(base, &*item.key.document));
            members.and_then(|members| members.iter().copied().find(|member| *member != place))
        };
        match parent {
            Some(parent) => Role::Residual { parent, root: base },
            None if item.kind == Kind::Payment => Role::Return { root: base },
            None => Role::Invoice,
        }
    }

    /// Rests that name no invoice: the document that made them cleared exactly one item of the customer.
    fn implicit(&self, roles: &mut [Role]) {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.sort_by_key(|place| self.items[*place].posted_on);
        for place in order {
            let item = &self.items[place];
            let may_be_rest = item.is_debit && item.kind != Kind::Invoice && item.refers_to.is_none();
            if !may_be_rest || clears_itself(item) {
                continue;
            }
            let by = (&*item.key.company, &*item.key.document);
            let mut cleared = self
                .cleared_by
                .get(&by)
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
                .copied()
                .filter(|other| *other != place);
            let (Some(parent), None) = (cleared.next(), cleared.next()) else {
                continue;
            };
            let other = &self.items[parent];
            let is_rest = other.customer == item.customer
                && other.currency == item.currency
                && other.minor >= item.minor
                && !matches!(roles[parent], Role::Loose);
            if is_rest {
                let root = root_of(roles, parent);
                roles[place] = Role::Residual { parent, root };
            }
        }
    }
}

/// The role of a debit item without reference, if it is nothing's rest.
fn unreferenced(item: &Item) -> Role {
    match item.kind {
        Kind::Invoice => Role::Invoice,
        Kind::Payment => Role::Loose,
        // The reversal of a credit that was cleared with it; else the customer owes it.
        Kind::CreditNote | Kind::WriteOff if item.clearing.is_some() => Role::Loose,
        Kind::CreditNote | Kind::WriteOff => Role::Invoice,
    }
}

/// Whether an item was cleared by its own document, as the credit of a payment is; a rest stays open there.
fn clears_itself(item: &Item) -> bool {
    item.clearing
        .as_ref()
        .is_some_and(|clearing| clearing.document == item.key.document)
}

/// Follows rests of rests to the invoice; where there is none, they belong to nothing.
fn settle_roots(roles: &mut [Role]) {
    for place in 0..roles.len() {
        let mut root = root_of(roles, place);
        for _ in 0..CHAIN_MAX {
            let next = root_of(roles, root);
            if next == root {
                break;
            }
            root = next;
        }
        let is_invoice = matches!(roles.get(root), Some(Role::Invoice));
        roles[place] = match roles[place] {
            Role::Residual { .. } | Role::Return { .. } if !is_invoice => Role::Loose,
            Role::Residual { parent, .. } => Role::Residual { parent, root },
            Role::Return { .. } => Role::Return { root },
            other => other,
        };
    }
}
