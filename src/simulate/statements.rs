//! Bank statements with known truth: what customers wrote when they paid, and what they meant.
//!
//! The payments of a simulated ledger become receipts at the bank. How a payer names what it pays is drawn: creditor
//! references, numbers as printed, altered or misspelt, lists of documents, or nothing at all; many invoices in one
//! transfer; names as banks cut them; discounts, bank charges, too much, somebody else's account, returns, and money
//! that is for no invoice. The same simulation and seed give the same statements.

mod read;
mod remittance;

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::Simulation;
use super::error::Error;
use super::world::{pick, uniform};
use crate::domain::Date;
use crate::domain::date::{add_days, from_day_number};

use read::{Paid, Sold};
pub use remittance::RemittanceKind;

/// Share of transfers for all that a customer pays on a day; the others are one an invoice.
const LUMP_SHARE: f64 = 0.75;
/// Shares of discount, charges, too much, a third party and a return; the rest pay what they owe.
const TWIST_SHARES: [f64; 6] = [0.03, 0.02, 0.015, 0.02, 0.01, 0.905];
/// Share of receipts that a notification repeats with less detail.
const REPEATED_SHARE: f64 = 0.01;
/// Receipts for no invoice, for each that is for some.
const UNRELATED_SHARE: f64 = 0.04;
/// Share of receipts whose payer's account the bank passes on, and of these from the customer's second account.
const ACCOUNT_SHARE: f64 = 0.85;
const SECOND_ACCOUNT_SHARE: f64 = 0.05;
/// Days until a payment is returned, and until it is made again.
const RETURN_DAYS: i64 = 3;
const AGAIN_DAYS: i64 = 7;

/// An invoice as its customer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedInvoice {
    /// The invoice.
    pub invoice_id: String,
    /// Number printed on it.
    pub number: String,
    /// Creditor reference printed on it.
    pub payment_reference: String,
}

/// Money at the bank; absent texts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimulatedReceipt {
    /// The receipt.
    pub receipt_id: String,
    /// Date the money counts from.
    pub value_date: Date,
    /// Amount in minor units; negative undoes a receipt.
    pub amount_minor: i64,
    /// Currency of the amount.
    pub currency: String,
    /// `transfer` or `return`.
    pub kind: &'static str,
    /// Receipt that it undoes, where the bank says so.
    pub reversal_of: String,
    /// Who paid.
    pub payer_name: String,
    /// Fingerprint of the account.
    pub payer_account: String,
    /// Creditor reference.
    pub structured_reference: String,
    /// What the payer wrote.
    pub remittance: String,
    /// The payer's own reference.
    pub end_to_end_id: String,
    /// Documents the payer lists, with amounts.
    pub referred_documents: String,
}

/// What a part of a receipt was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueAllocation {
    /// The receipt.
    pub receipt_id: String,
    /// The invoice.
    pub invoice_id: String,
    /// Amount in minor units; negative where it was taken back.
    pub amount_minor: i64,
    /// How the payer named what it paid.
    pub kind: RemittanceKind,
    /// What was odd about the amount or the payer; empty where nothing was.
    pub twist: &'static str,
}

/// Statements and the truth about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statements {
    /// Every invoice of the ledger, as printed.
    pub invoices: Vec<PrintedInvoice>,
    /// Receipts, some of them twice.
    pub receipts: Vec<SimulatedReceipt>,
    /// What they were for.
    pub truth: Vec<TrueAllocation>,
}

/// Draws the bank statements of a simulated ledger.
///
/// # Errors
///
/// [`Error::Frame`] when the tables of the simulation are not those that [`simulate`](super::simulate) makes.
pub fn statements(simulation: &Simulation, seed: u64) -> Result<Statements, Error> {
    let (sold, customers) = read::invoices(simulation)?;
    let paid = read::payments(simulation, &sold)?;
    let mut writer = Writer {
        stream: ChaCha8Rng::seed_from_u64(seed),
        sold: &sold,
        names: &customers,
        accounts: BTreeMap::new(),
        number: 0,
        made: Statements {
            invoices: sold.iter().map(|sold| sold.printed.clone()).collect(),
            ..Statements::default()
        },
    };
    let mut by_day: BTreeMap<(i32, usize), Vec<Paid>> = BTreeMap::new();
    for part in paid {
        by_day.entry((part.day, part.customer)).or_default().push(part);
    }
    for ((day, customer), parts) in by_day {
        let is_lump = uniform(&mut writer.stream) < LUMP_SHARE;
        if is_lump {
            writer.transfer(day, customer, parts);
        } else {
            for part in parts {
                writer.transfer(day, customer, vec![part]);
            }
        }
    }
    Ok(writer.made)
}

/// Draws receipts one after the other.
struct Writer<'s> {
    stream: ChaCha8Rng,
    sold: &'s [Sold],
    names: &'s [String],
    /// First and second account of each payer.
    accounts: BTreeMap<String, [String; 2]>,
    number: u64,
    made: Statements,
}

impl Writer<'_> {
    /// Draws a transfer for these parts, and what follows from it.
    fn transfer(&mut self, day: i32, customer: usize, mut parts: Vec<Paid>) {
        // What is short is missing from the invoice that is due last.
        parts.sort_by_key(|part| (self.sold.get(part.invoice).map(|sold| sold.due), part.invoice));
        let twist = pick(&mut self.stream, &TWIST_SHARES);
        let name = match twist {
            3 => format!("Factoring {} Bank", customer % 7),
            _ => self.names.get(customer).cloned().unwrap_or_default(),
        };
        let more = self.twisted(twist, &mut parts);
        let told = match twist {
            0 => "discount",
            1 => "charges",
            2 => "too much",
            3 => "third party",
            4 => "returned",
            _ => "",
        };
        // A third party names what it pays for: it pays for many.
        let kind = RemittanceKind::draw(&mut self.stream, twist == 3);
        let amount_minor = parts.iter().map(|part| part.amount_minor).sum::<i64>() + more;
        let mut receipt = self.receipt(day, &name, amount_minor, &parts);
        remittance::write(&mut self.stream, kind, &mut receipt, self.sold, &parts);
        self.keep(&receipt, &parts, kind, told, 1);
        if twist == 4 {
            self.give_back(receipt, &parts, kind, told);
        }
        if uniform(&mut self.stream) < UNRELATED_SHARE {
            self.unrelated(day);
        }
    }

    /// Changes the parts by a discount or charges; returns what is paid beyond them.
    fn twisted(&mut self, twist: usize, parts: &mut [Paid]) -> i64 {
        let drawn = uniform(&mut self.stream);
        match twist {
            0 => {
                let thousandths = if drawn < 0.6 { 20 } else { 30 };
                let is_whole = |part: &Paid| {
                    let sold = self.sold.get(part.invoice);
                    sold.is_some_and(|sold| sold.amount_minor == part.amount_minor)
                };
                if parts.iter().all(is_whole) {
                    for part in parts {
                        part.amount_minor = (part.amount_minor * (1_000 - thousandths) + 500) / 1_000;
                    }
                }
                0
            }
            1 => {
                let charges = 500 + whole(drawn * 2_000.0);
                if let Some(last) = parts.last_mut().filter(|last| last.amount_minor > 50 * charges) {
                    last.amount_minor -= charges;
                }
                0
            }
            2 => 100 + whole(drawn * 20_000.0),
            _ => 0,
        }
    }

    /// Makes a receipt without remittance.
    fn receipt(&mut self, day: i32, name: &str, amount_minor: i64, parts: &[Paid]) -> SimulatedReceipt {
        self.number += 1;
        let payer_account = self.account(name);
        let currency = parts
            .first()
            .map(|part| part.currency.clone())
            .unwrap_or_default();
        SimulatedReceipt {
            receipt_id: format!("B{:07}", self.number),
            value_date: from_day_number(day),
            amount_minor,
            currency,
            kind: "transfer",
            payer_name: remittance::name_at_bank(&mut self.stream, name),
            payer_account,
            end_to_end_id: format!("E{}X", 7_919 * self.number),
            ..SimulatedReceipt::default()
        }
    }

    /// Draws from which account a payer pays; empty where the bank does not tell.
    fn account(&mut self, name: &str) -> String {
        let (told, second) = (uniform(&mut self.stream), uniform(&mut self.stream));
        let drawn = [uniform(&mut self.stream), uniform(&mut self.stream)];
        let accounts = self
            .accounts
            .entry(name.to_owned())
            .or_insert_with(|| drawn.map(|number| format!("{:016x}", number.to_bits())));
        if told >= ACCOUNT_SHARE {
            return String::new();
        }
        let place = usize::from(second < SECOND_ACCOUNT_SHARE);
        accounts.get(place).cloned().unwrap_or_default()
    }

    /// Keeps a receipt with its truth, and sometimes a notification of it.
    fn keep(
        &mut self,
        receipt: &SimulatedReceipt,
        parts: &[Paid],
        kind: RemittanceKind,
        twist: &'static str,
        sign: i64,
    ) {
        for part in parts {
            let invoice_id = self
                .sold
                .get(part.invoice)
                .map(|sold| sold.printed.invoice_id.clone());
            self.made.truth.push(TrueAllocation {
                receipt_id: receipt.receipt_id.clone(),
                invoice_id: invoice_id.unwrap_or_default(),
                amount_minor: sign * part.amount_minor,
                kind,
                twist,
            });
        }
        self.made.receipts.push(receipt.clone());
        if uniform(&mut self.stream) < REPEATED_SHARE {
            self.made.receipts.push(SimulatedReceipt {
                remittance: String::new(),
                payer_name: String::new(),
                ..receipt.clone()
            });
        }
    }

    /// Returns a transfer some days later and makes it again.
    fn give_back(
        &mut self,
        receipt: SimulatedReceipt,
        parts: &[Paid],
        kind: RemittanceKind,
        twist: &'static str,
    ) {
        self.number += 1;
        let is_told = uniform(&mut self.stream) < 0.5;
        let back = SimulatedReceipt {
            receipt_id: format!("B{:07}", self.number),
            value_date: add_days(receipt.value_date, RETURN_DAYS),
            amount_minor: -receipt.amount_minor,
            currency: receipt.currency.clone(),
            kind: "return",
            reversal_of: if is_told {
                receipt.receipt_id.clone()
            } else {
                String::new()
            },
            end_to_end_id: receipt.end_to_end_id.clone(),
            ..SimulatedReceipt::default()
        };
        self.keep(&back, parts, kind, twist, -1);
        self.number += 1;
        let again = SimulatedReceipt {
            receipt_id: format!("B{:07}", self.number),
            value_date: add_days(receipt.value_date, AGAIN_DAYS),
            end_to_end_id: format!("E{}X", 7_919 * self.number),
            ..receipt
        };
        self.keep(&again, parts, kind, twist, 1);
    }

    /// Draws money that is for no invoice.
    fn unrelated(&mut self, day: i32) {
        let amount_minor = 1_000 + whole((uniform(&mut self.stream) * 6.0).exp() * 1_000.0);
        let who = remittance::stranger(&mut self.stream);
        let mut receipt = self.receipt(day, who, amount_minor, &[]);
        receipt.currency = "EUR".to_owned();
        receipt.remittance = remittance::strange_text(&mut self.stream);
        self.made.receipts.push(receipt);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "drawn amounts are far below 2^53; their whole minor units are meant"
)]
fn whole(drawn: f64) -> i64 {
    drawn as i64
}
