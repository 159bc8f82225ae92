//! What can be used, and is worth a second look.

use std::collections::BTreeSet;

use crate::action::kind::{ActionKind, Autonomy};

use super::Policy;

impl Policy {
    /// Returns what a reader of the policy should know: parts without an effect, and what it leaves undone.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        self.remark_on_actions(&mut remarks);
        self.remark_on_procedures(&mut remarks);
        if self.collectors.is_empty() {
            remarks.push("no collector is named: nobody has minutes for what takes a person".to_owned());
        }
        if self.exploration.share <= 0.0 || self.exploration.hold_out_share <= 0.0 {
            remarks.push(
                "nothing is drawn or nobody is held out: effects stay assumptions, and no policy can be evaluated"
                    .to_owned(),
            );
        }
        if !self.unverified_law.is_empty() {
            let rules: Vec<&str> = self.unverified_law.iter().map(String::as_str).collect();
            remarks.push(format!(
                "rules of law are applied that nobody has verified: {}",
                rules.join(", ")
            ));
        }
        if self.natural_person_scoring {
            remarks.push(
                "limits and blocks are advised for natural persons too: that can be credit scoring under the AI Act"
                    .to_owned(),
            );
        }
        remarks
    }

    fn remark_on_actions(&self, remarks: &mut Vec<String>) {
        let planned: BTreeSet<&str> = self
            .procedures
            .iter()
            .flat_map(|procedure| procedure.steps.iter().map(|step| step.action.as_str()))
            .collect();
        for rule in &self.actions {
            if rule.kind != ActionKind::Wait && !planned.contains(rule.id.as_str()) {
                remarks.push(format!("{} is in no procedure: it is never done", rule.id));
            }
            if rule.minutes > 0 && rule.autonomy == Autonomy::Auto {
                remarks.push(format!(
                    "{} takes {} minutes of a person and is auto: nobody sees it before it is planned",
                    rule.id, rule.minutes
                ));
            }
            let has_skill = |skill: &String| self.collectors.iter().any(|one| one.skills.contains(skill));
            if let Some(skill) = &rule.skill
                && !self.collectors.is_empty()
                && !has_skill(skill)
            {
                remarks.push(format!(
                    "{} needs the skill {skill:?}, which no collector has",
                    rule.id
                ));
            }
        }
    }

    fn remark_on_procedures(&self, remarks: &mut Vec<String>) {
        let assigned = self.assignments.iter().map(|one| one.procedure.as_str());
        let followed = self.procedures.iter().filter_map(|one| one.then.as_deref());
        let reached: BTreeSet<&str> = assigned.chain(followed).collect();
        for procedure in &self.procedures {
            if !reached.contains(procedure.id.as_str()) {
                remarks.push(format!("nobody is on the procedure {}", procedure.id));
            }
        }
    }
}
