//! A clean end on Ctrl-C.
//!
//! Work is written to staging places and moved to its name when it is complete. The handler removes
//! the staging places that are still there, says so in one line, and ends the process with code 130.
//! Moving is done under the same lock, so an interruption comes before or after it, never within.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The exit code of a process that Ctrl-C ended: 128 + SIGINT.
pub const EXIT_INTERRUPTED: i32 = 130;

static STATE: Mutex<State> = Mutex::new(State {
    what: String::new(),
    staged: BTreeSet::new(),
    completed: Vec::new(),
});

struct State {
    what: String,
    staged: BTreeSet<PathBuf>,
    completed: Vec<PathBuf>,
}

impl State {
    /// The line for the person who pressed Ctrl-C: what stopped, and what is left on the disk.
    fn farewell(&self) -> String {
        if self.completed.is_empty() {
            return format!("interrupted: {}; nothing was changed", self.what);
        }
        let names: Vec<String> = self
            .completed
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        format!(
            "interrupted: {}; complete before that: {}",
            self.what,
            names.join(", ")
        )
    }
}

/// Installs the handler for Ctrl-C (and SIGTERM, SIGHUP) for the command called `what`.
///
/// # Errors
///
/// The operating system refused the handler.
pub fn install(what: &str) -> Result<(), ctrlc::Error> {
    state().what = what.to_owned();
    ctrlc::set_handler(|| {
        let state = state();
        for path in &state.staged {
            remove(path);
        }
        let mut stderr = std::io::stderr();
        // A bar may stand on the line: on a terminal it is erased first.
        let erase = if stderr.is_terminal() { "\r\x1b[2K" } else { "" };
        let _ = writeln!(stderr, "{erase}{}", state.farewell());
        std::process::exit(EXIT_INTERRUPTED);
    })
}

/// Removes every staging place, for a process that ends at once in its own way.
pub fn abandon() {
    for path in &state().staged {
        remove(path);
    }
}

/// Announces a staging place that must not outlive an interruption.
pub fn stage(path: &Path) {
    state().staged.insert(path.to_owned());
}

/// Forgets a staging place and removes what is left of it.
pub fn discard(path: &Path) {
    let mut state = state();
    if state.staged.remove(path) {
        remove(path);
    }
}

/// Runs `publish`, which brings `target` to its final form, without an interruption in between.
///
/// # Errors
///
/// Those of `publish`; the target then does not count as complete.
pub fn complete<T, E>(target: &Path, publish: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let mut state = state();
    let published = publish()?;
    state.completed.push(target.to_owned());
    Ok(published)
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes a file or folder; one that is already gone is what was wanted.
fn remove(path: &Path) {
    let _ = if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
}

#[cfg(test)]
mod tests {
    use super::State;
    use std::collections::BTreeSet;

    #[test]
    fn the_farewell_says_what_is_on_the_disk() {
        let mut state = State {
            what: "predict".to_owned(),
            staged: BTreeSet::new(),
            completed: Vec::new(),
        };
        assert_eq!(state.farewell(), "interrupted: predict; nothing was changed");
        state.completed.push("book.csv".into());
        assert_eq!(
            state.farewell(),
            "interrupted: predict; complete before that: book.csv"
        );
    }
}
