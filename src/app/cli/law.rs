//! `duecast law`: the rules of law that are known, and what they grant on a debt.

use std::collections::BTreeSet;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::arguments::date;
use super::screen::Screen;
use crate::action::PartyType;
use crate::action::law::{Claim, Compensation, Interest, Law, NoRule, RuleSummary};
use crate::domain::{Currency, Date, Money};

/// List the rules of law that are known, or apply them to a debt
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List every rule and reference rate with its source and whether it is switched on
    List(ListArguments),
    /// Work out interest, compensation and collection cost of a debt, or say why there is none
    Claim(ClaimArguments),
}

#[derive(Args, Debug)]
struct ListArguments {
    /// Only what holds in this country, written as two letters.
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    #[command(flatten)]
    allowed: AllowedArguments,
}

#[derive(Args, Debug)]
struct ClaimArguments {
    /// Country whose law holds, written as two letters; usually the customer's.
    #[arg(long, value_name = "CODE")]
    country: String,
    /// What the customer is: `legal_entity`, `sole_trader`, `consumer` or `public_body`.
    #[arg(long, value_name = "PARTY", value_parser = party)]
    party: PartyType,
    /// What is owed, a decimal number.
    #[arg(long, value_name = "AMOUNT")]
    amount: String,
    /// Currency of the amount.
    #[arg(long, value_name = "CODE")]
    currency: Currency,
    /// Last day on which paying is on time, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date)]
    due: Date,
    /// Day on which it is paid, or asked for.
    #[arg(long, value_name = "DATE", value_parser = date)]
    on: Date,
    /// The creditor does not get value added tax back: it is added to the collection cost.
    #[arg(long)]
    vat_is_cost: bool,
    /// The debt is one of small instalments that recur.
    #[arg(long)]
    instalments: bool,
    #[command(flatten)]
    allowed: AllowedArguments,
}

#[derive(Args, Debug)]
struct AllowedArguments {
    /// Id of a rule or rate that nobody has verified, to be applied all the same; may be given several times.
    #[arg(long, value_name = "ID")]
    allow: Vec<String>,
}

impl AllowedArguments {
    fn law(&self) -> anyhow::Result<Law> {
        let law = Law::shipped();
        for id in &self.allow {
            let is_known = law.rules().iter().any(|rule| rule.id == *id);
            anyhow::ensure!(
                is_known,
                "no rule has the id {id:?}; `duecast law list` names them"
            );
        }
        let allowed: BTreeSet<String> = self.allow.iter().cloned().collect();
        Ok(law.allowing(&allowed))
    }
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    match &arguments.action {
        Action::List(arguments) => list(arguments, screen),
        Action::Claim(arguments) => claim(arguments, screen),
    }
}

fn list(arguments: &ListArguments, screen: &Screen) -> anyhow::Result<()> {
    let law = arguments.allowed.law()?;
    let header = ["id", "about", "where", "valid", "state", "what it says", "source"];
    let mut table = screen.new_table(&header, &[]);
    for rule in law.rules() {
        if arguments
            .country
            .as_deref()
            .is_none_or(|code| holds_in(rule, code))
        {
            table.add_row(cells(rule));
        }
    }
    screen.table(&table)?;
    let off = law.rules().iter().filter(|rule| !rule.is_on).count();
    screen.note(format!(
        "{off} rules and rates are off because nobody has verified them; this is no legal advice"
    ));
    Ok(())
}

/// Whether a country is among those of a rule; a rule for all is.
fn holds_in(rule: &RuleSummary, country: &str) -> bool {
    let mut codes = rule.country.split(", ");
    codes.any(|code| code.eq_ignore_ascii_case(country) || code == "any")
}

fn cells(rule: &RuleSummary) -> [String; 7] {
    let until = rule.valid_until.map_or_else(String::new, |day| day.to_string());
    let state = if rule.is_on {
        "on".to_owned()
    } else {
        format!("off: {}", rule.note)
    };
    [
        rule.id.clone(),
        rule.subject.replace('_', " "),
        rule.country.clone(),
        format!("{} to {until}", rule.valid_from),
        state,
        rule.words.clone(),
        rule.source.clone(),
    ]
}

fn claim(arguments: &ClaimArguments, screen: &Screen) -> anyhow::Result<()> {
    let law = arguments.allowed.law()?;
    let amount = Money::parse(&arguments.amount, arguments.currency).context("--amount cannot be read")?;
    let claim = Claim {
        country: Some(&arguments.country),
        party_type: arguments.party,
        amount,
        due_date: arguments.due,
        creditor_reclaims_vat: !arguments.vat_is_cost,
    };
    let on = arguments.on;
    screen.line(screen.bold(format!(
        "{amount} owed by a {} in {}, due {}, on {on}",
        arguments.party.name().replace('_', " "),
        arguments.country,
        arguments.due
    )))?;
    print_interest(law.interest(&claim, on), screen)?;
    print_granted("compensation", law.compensation(&claim, on), screen)?;
    let cost = if arguments.instalments {
        law.collection_cost_of_instalments(&claim, on)
    } else {
        law.collection_cost(&claim, on)
    };
    print_granted("collection cost", cost, screen)?;
    let notice = law.notice(claim.country, claim.party_type, on);
    let duty = if notice.required {
        "required by law"
    } else {
        "our own"
    };
    entry(
        "formal notice",
        &format!("{} days from the day after delivery, {duty}", notice.days),
        screen,
    )?;
    detail(&notice.source, screen)?;
    screen.note("this is no legal advice");
    Ok(())
}

fn print_interest(found: Result<Interest, NoRule>, screen: &Screen) -> anyhow::Result<()> {
    let interest = match found {
        Ok(interest) => interest,
        Err(why) => return entry("interest", &format!("none: {why}"), screen),
    };
    entry("interest", &interest.amount.to_string(), screen)?;
    for period in &interest.periods {
        detail(
            &format!(
                "{} to {}: {} days at {:.2} %",
                period.from, period.to, period.days, period.rate_percent
            ),
            screen,
        )?;
    }
    detail(&format!("{}: {}", interest.rule, interest.source), screen)?;
    detail(&interest.note, screen)
}

fn print_granted(what: &str, found: Result<Compensation, NoRule>, screen: &Screen) -> anyhow::Result<()> {
    let granted = match found {
        Ok(granted) => granted,
        Err(why) => return entry(what, &format!("none: {why}"), screen),
    };
    entry(what, &granted.amount.to_string(), screen)?;
    if granted.vat.minor() > 0 {
        detail(&format!("of it value added tax {}", granted.vat), screen)?;
    }
    if granted.needs_notice {
        detail(
            "only once the days of the notice have passed without payment",
            screen,
        )?;
    }
    detail(&format!("{}: {}", granted.rule, granted.source), screen)?;
    detail(&granted.note, screen)
}

fn entry(what: &str, value: &str, screen: &Screen) -> anyhow::Result<()> {
    screen.line(format!("{what:<16} {value}"))
}

/// Prints a line below an entry; nothing where there is nothing to say.
fn detail(text: &str, screen: &Screen) -> anyhow::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    screen.line(screen.dim(format!("{:<16} {text}", "")))
}

fn party(name: &str) -> Result<PartyType, String> {
    PartyType::parse(name).ok_or_else(|| {
        format!("one of legal_entity, sole_trader, consumer and public_body is allowed, got {name:?}")
    })
}
