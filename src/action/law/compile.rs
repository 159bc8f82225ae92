//! From TOML to checked rules: everything that is wrong is found, not the first of it.

use std::collections::BTreeSet;

use super::LawError;
use super::raw::{RawCompensation, RawContact, RawInterest, RawRate, RawRule, RawScale, RawTable};
use super::rule::{
    ContactTerms, Content, InterestTerms, NoticeTerms, Rate, Rule, RuleStatus, Scale, Steps, Subject,
    TermLimits,
};
use crate::action::policy::ContactCap;
use crate::domain::{Currency, Date, Money};

/// Percentages a year outside these are typing errors.
const PERCENT_LOW: f64 = -10.0;
/// See [`PERCENT_LOW`].
const PERCENT_HIGH: f64 = 100.0;

/// Reads and checks tables, each with the name of its place.
pub(super) fn compile(texts: &[(&str, &str)]) -> Result<(Vec<Rule>, Vec<Rate>), LawError> {
    let mut compiler = Compiler::default();
    for (place, text) in texts {
        let table: RawTable = toml::from_str(text).map_err(|source| LawError::Syntax {
            place: (*place).to_owned(),
            source,
        })?;
        for raw in table.rate {
            compiler.rate(place, raw);
        }
        for raw in table.rule {
            compiler.rule(place, raw);
        }
    }
    compiler.check_rates();
    compiler.check_rules();
    if compiler.findings.is_empty() {
        Ok((compiler.rules, compiler.rates))
    } else {
        Err(LawError::Invalid {
            findings: compiler.findings,
        })
    }
}

#[derive(Debug, Default)]
struct Compiler {
    ids: BTreeSet<String>,
    rules: Vec<Rule>,
    rates: Vec<Rate>,
    findings: Vec<String>,
}

impl Compiler {
    fn find(&mut self, at: &str, what: &str) {
        self.findings.push(format!("{at}: {what}"));
    }

    fn rate(&mut self, place: &str, raw: RawRate) {
        let at = format!("{place}: rate {}", raw.id);
        self.check_head(&at, &raw.id, &raw.source, (raw.valid_from, raw.valid_until));
        self.check_note(&at, raw.status, &raw.note);
        self.check_percent(&at, "percent", raw.percent);
        self.rates.push(Rate {
            id: raw.id,
            name: raw.name,
            country: raw.country,
            valid_from: raw.valid_from,
            valid_until: raw.valid_until,
            percent: raw.percent,
            status: raw.status,
            source: raw.source,
            note: raw.note,
        });
    }

    fn rule(&mut self, place: &str, mut raw: RawRule) {
        let at = format!("{place}: rule {}", raw.id);
        self.check_head(&at, &raw.id, &raw.source, (raw.valid_from, raw.valid_until));
        self.check_note(&at, raw.status, &raw.note);
        if raw.words.trim().is_empty() {
            self.find(&at, "words must say what the rule says, got none");
        }
        if raw.parties.is_empty() {
            self.find(&at, "parties must name at least one party, got none");
        }
        for country in &raw.countries {
            if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
                let what = format!("countries must be codes of two capitals, got {country:?}");
                self.find(&at, &what);
            }
        }
        let Some(content) = self.content(&at, &mut raw) else {
            return;
        };
        self.rules.push(Rule {
            id: raw.id,
            countries: raw.countries.into_iter().collect(),
            parties: raw.parties,
            valid_from: raw.valid_from,
            valid_until: raw.valid_until,
            status: raw.status,
            source: raw.source,
            words: raw.words,
            note: raw.note,
            content,
        });
    }

    fn content(&mut self, at: &str, raw: &mut RawRule) -> Option<Content> {
        let mut contents = Vec::new();
        if let Some(terms) = raw.interest.take() {
            contents.push(self.interest(at, terms));
        }
        if let Some(terms) = raw.compensation.take() {
            contents.push(self.compensation(at, &terms));
        }
        if let Some(terms) = raw.collection_cost.take() {
            contents.push(self.scale(at, &terms));
        }
        if let Some(terms) = raw.instalment_cost.take() {
            if !terms.legal_review {
                self.find(at, "legal_review must be true: there is no arithmetic, got false");
            }
            contents.push(Content::InstalmentCost);
        }
        if let Some(terms) = raw.notice.take() {
            contents.push(Content::Notice(NoticeTerms {
                days: terms.days,
                is_required: terms.required,
            }));
        }
        if let Some(terms) = raw.contact.take() {
            contents.push(self.contact(at, &terms));
        }
        if let Some(terms) = raw.term.take() {
            contents.push(Content::Term(TermLimits {
                days: terms.days,
                days_where_none: terms.days_where_none,
                days_of_large_buyer: terms.days_of_large_buyer,
            }));
        }
        if contents.len() != 1 {
            let what = format!(
                "exactly one of interest, compensation, collection_cost, instalment_cost, notice, contact and term \
                 is allowed, got {}",
                contents.len()
            );
            self.find(at, &what);
        }
        contents.pop()
    }

    fn interest(&mut self, at: &str, raw: RawInterest) -> Content {
        self.check_percent(at, "interest.margin", raw.margin);
        Content::Interest(InterestTerms {
            rate: raw.rate,
            margin: raw.margin,
            compounds_yearly: raw.compounds_yearly,
            is_fixed_at_start: raw.fixed_at_start,
            waits_days: raw.waits_days,
        })
    }

    fn compensation(&mut self, at: &str, raw: &RawCompensation) -> Content {
        let mut steps = Vec::new();
        for step in &raw.steps {
            let below = step.below.as_deref();
            let below = below.map(|text| self.amount(at, "compensation.steps.below", text, raw.currency));
            let amount = self.amount(at, "compensation.steps.amount", &step.amount, raw.currency);
            steps.push((below, amount));
        }
        let ends: Vec<Option<i64>> = steps.iter().map(|(below, _)| *below).collect();
        self.check_ends(at, "compensation.steps", &ends);
        Content::Compensation(Steps {
            currency: raw.currency,
            steps,
        })
    }

    fn scale(&mut self, at: &str, raw: &RawScale) -> Content {
        let minimum_minor = self.amount(at, "collection_cost.minimum", &raw.minimum, raw.currency);
        let maximum_minor = self.amount(at, "collection_cost.maximum", &raw.maximum, raw.currency);
        if minimum_minor > maximum_minor {
            let what = format!(
                "collection_cost.minimum must be at most the maximum {}, got {}",
                raw.maximum, raw.minimum
            );
            self.find(at, &what);
        }
        let mut bands = Vec::new();
        for band in &raw.bands {
            let up_to = band.up_to.as_deref();
            let up_to = up_to.map(|text| self.amount(at, "collection_cost.bands.up_to", text, raw.currency));
            bands.push((up_to, band.basis_points));
        }
        let ends: Vec<Option<i64>> = bands.iter().map(|(up_to, _)| *up_to).collect();
        self.check_ends(at, "collection_cost.bands", &ends);
        Content::CollectionCost(Scale {
            currency: raw.currency,
            minimum_minor,
            maximum_minor,
            vat_basis_points: raw.vat_basis_points,
            needs_notice: raw.needs_notice,
            bands,
        })
    }

    fn contact(&mut self, at: &str, raw: &RawContact) -> Content {
        if raw.earliest >= raw.latest {
            let what = format!(
                "contact.earliest must be before the latest time {}, got {}",
                raw.latest, raw.earliest
            );
            self.find(at, &what);
        }
        let caps = raw.caps.iter().map(|cap| ContactCap {
            days: cap.days,
            contacts: cap.contacts,
        });
        Content::Contact(ContactTerms {
            earliest: raw.earliest,
            latest: raw.latest,
            sundays_off: raw.sundays_off,
            holidays_off: raw.holidays_off,
            caps: caps.collect(),
        })
    }

    /// Reads an amount that is not negative, in minor units; zero stands for one that is wrong, which is found.
    fn amount(&mut self, at: &str, key: &str, text: &str, currency: Currency) -> i64 {
        match Money::parse(text, currency) {
            Ok(amount) if amount.minor() >= 0 => amount.minor(),
            Ok(_) => {
                self.find(at, &format!("{key} must not be negative, got {text}"));
                0
            }
            Err(error) => {
                self.find(at, &format!("{key}: {error}"));
                0
            }
        }
    }

    fn check_head(&mut self, at: &str, id: &str, source: &str, valid: (Date, Option<Date>)) {
        if !self.ids.insert(id.to_owned()) {
            self.find(at, "the id must be the only one of its name, got it twice");
        }
        if source.trim().is_empty() {
            self.find(at, "source must name who says so, got none");
        }
        if let (first, Some(last)) = valid
            && last < first
        {
            self.find(at, &format!("valid_until must be at least {first}, got {last}"));
        }
    }

    fn check_note(&mut self, at: &str, status: RuleStatus, note: &str) {
        if status == RuleStatus::Unverified && note.trim().is_empty() {
            self.find(at, "note must say what is to be verified, got none");
        }
    }

    fn check_percent(&mut self, at: &str, key: &str, percent: f64) {
        if !(PERCENT_LOW..=PERCENT_HIGH).contains(&percent) {
            let what = format!("{key} must lie from {PERCENT_LOW} to {PERCENT_HIGH}, got {percent}");
            self.find(at, &what);
        }
    }

    /// Upper ends rise, and only the last is open.
    fn check_ends(&mut self, at: &str, key: &str, ends: &[Option<i64>]) {
        let Some((last, closed)) = ends.split_last() else {
            self.find(at, &format!("{key} must have at least one line, got none"));
            return;
        };
        let are_closed = closed.iter().all(Option::is_some);
        let rise = closed.windows(2).all(|pair| pair[0] < pair[1]);
        if last.is_some() || !are_closed || !rise {
            let what = format!("{key} must have upper ends that rise, and none in the last line alone");
            self.find(at, &what);
        }
    }

    /// No day has two values of one rate.
    fn check_rates(&mut self) {
        let mut found = Vec::new();
        for (index, one) in self.rates.iter().enumerate() {
            let twins = self.rates[..index].iter().filter(|other| {
                other.name == one.name
                    && overlap(
                        (one.valid_from, one.valid_until),
                        (other.valid_from, other.valid_until),
                    )
            });
            found.extend(twins.map(|other| {
                format!(
                    "rate {}: no other row of {} must hold on its days, got {}",
                    one.id, one.name, other.id
                )
            }));
        }
        self.findings.extend(found);
    }

    /// Every rate that is named is there, and no customer has two rules of equal rank.
    fn check_rules(&mut self) {
        let names: BTreeSet<&str> = self.rates.iter().map(|rate| rate.name.as_str()).collect();
        let mut found = Vec::new();
        for (index, one) in self.rules.iter().enumerate() {
            if let Content::Interest(terms) = &one.content
                && !names.contains(terms.rate.as_str())
            {
                let known: Vec<&str> = names.iter().copied().collect();
                found.push(format!(
                    "rule {}: interest.rate must be one of {}, got {:?}",
                    one.id,
                    known.join(", "),
                    terms.rate
                ));
            }
            let rivals = self.rules[..index].iter().filter(|other| are_rivals(one, other));
            found.extend(rivals.map(|other| {
                format!(
                    "rule {}: no other rule of equal rank must hold for the same customer and day, got {}",
                    one.id, other.id
                )
            }));
        }
        self.findings.extend(found);
    }
}

/// Whether two rules would answer the same question of the same customer. Contact rules add up and are no rivals.
fn are_rivals(one: &Rule, other: &Rule) -> bool {
    let subject = one.content.subject();
    let shares_country = one.countries.is_empty() || !one.countries.is_disjoint(&other.countries);
    subject != Subject::Contact
        && subject == other.content.subject()
        && one.generality() == other.generality()
        && shares_country
        && one.parties.iter().any(|party| other.parties.contains(party))
        && overlap(
            (one.valid_from, one.valid_until),
            (other.valid_from, other.valid_until),
        )
}

fn overlap(one: (Date, Option<Date>), other: (Date, Option<Date>)) -> bool {
    let starts_in_time = |first: Date, last: Option<Date>| last.is_none_or(|last| first <= last);
    starts_in_time(one.0, other.1) && starts_in_time(other.0, one.1)
}
