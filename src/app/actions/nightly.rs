//! Tonight's automatic run: everything that nobody has to look at, as lines of a file.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::plan::is_wait;
use super::told::expected;
use super::{Desk, Error, Plan, advice};
use crate::action::Autonomy;
use crate::app::access::Scope;
use crate::app::operations::{Done, Ticket};
use crate::domain::Date;

/// Recommendations that are kept and written at once.
const CHUNK: usize = 500;

impl Desk {
    /// Plans a day and writes each recommendation of it that nobody has to look at as a line of JSON.
    ///
    /// Every one is kept before it is written, and so is whatever was drawn or held out: their waiting is what the
    /// effects are learned against.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`]; else those of [`Desk::plan`], and [`Error::File`].
    pub async fn run_tonight(
        &self,
        scope: &Scope,
        day: Option<Date>,
        folder: &Path,
        ticket: &Ticket,
    ) -> Result<Done, Error> {
        ticket.progress(0, 2, "planning the whole book");
        let plan = self.plan(scope, day, true).await?;
        if ticket.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        ticket.progress(1, 2, "writing what needs nobody");
        let path = folder.join(format!("{}.ndjson", ticket.operation_id));
        let written = self.write_lines(&plan, scope, &path, ticket).await?;
        ticket.progress(2, 2, "done");
        let (worklist, currency) = (&plan.worklist, plan.in_force.policy.currency);
        Ok(Done {
            result: json!({
                "plan_id": plan.plan_id,
                "as_of": worklist.as_of,
                "day": worklist.day,
                "lines": written,
                "customers": worklist.lines.len(),
                "currency": currency.code(),
                "value": expected(worklist.value, currency),
                "bound": expected(worklist.bound, currency),
                "greedy_value": expected(worklist.greedy_value, currency),
                "is_assumption": worklist.is_assumption,
                "notes": worklist.notes,
            }),
            file: Some(path),
        })
    }

    async fn write_lines(
        &self,
        plan: &Arc<Plan>,
        scope: &Scope,
        path: &Path,
        ticket: &Ticket,
    ) -> Result<usize, Error> {
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        let mut file = BufWriter::new(std::fs::File::create(path)?);
        let mut count = 0;
        for from in (0..plan.worklist.lines.len()).step_by(CHUNK) {
            if ticket.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let mut made = Vec::new();
            for (line, particulars) in plan.lines().skip(from).take(CHUNK) {
                let decision = &line.decision;
                let is_automatic = decision.autonomy == Autonomy::Auto && !is_wait(&decision.action);
                if !is_automatic && !decision.is_randomised && !decision.is_hold_out {
                    continue;
                }
                made.push(advice::kept(line, particulars, scope, &plan.in_force, true)?);
            }
            for kept in self.first_told_of_all(made).await? {
                let decision = &kept.decision;
                // What was told first under the same name counts: a person may have been asked to look at it.
                if decision.autonomy == Autonomy::Auto && !is_wait(&decision.action) {
                    serde_json::to_writer(&mut file, &kept.told)?;
                    file.write_all(b"\n")?;
                    count += 1;
                }
            }
        }
        file.flush()?;
        Ok(count)
    }
}
