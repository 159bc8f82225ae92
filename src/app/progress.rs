//! Progress on long work: a bar on a terminal, nothing when piped.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::config::TerminalConfig;

/// How often a bar moves although no step ended: often enough to look alive.
const TICK: Duration = Duration::from_millis(120);

/// One piece of long work, drawn on standard error and erased when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Starts work of unknown length.
    pub fn spinner(terminal: &TerminalConfig, what: &str) -> Self {
        Self::start(terminal, what, "  {spinner} {msg} {elapsed}")
    }

    /// Starts work that is counted in steps.
    pub fn steps(terminal: &TerminalConfig, what: &str) -> Self {
        Self::start(terminal, what, "  {msg} [{bar:32}] {pos}/{len}  {eta} left")
    }

    /// Starts work that is counted in bytes.
    pub fn bytes(terminal: &TerminalConfig, what: &str) -> Self {
        Self::start(
            terminal,
            what,
            "  {msg} [{bar:32}] {bytes}/{total_bytes}  {eta} left",
        )
    }

    fn start(terminal: &TerminalConfig, what: &str, template: &str) -> Self {
        if !terminal.is_progress_shown {
            return Self {
                bar: ProgressBar::hidden(),
            };
        }
        let style = ProgressStyle::with_template(template)
            .expect("the templates are constants")
            .progress_chars("=> ");
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
            .with_style(style)
            .with_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Self { bar }
    }

    /// Says how far the work is.
    pub fn set(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// Says how far the work is, counted in steps.
    pub fn set_steps(&self, done: usize, total: usize) {
        let count = |steps: usize| u64::try_from(steps).unwrap_or(u64::MAX);
        self.set(count(done), count(total));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
