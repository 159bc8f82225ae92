//! A run of our own program beside the service: bounded in threads and time, and gone when it is cancelled.
//!
//! Training in a process of its own gives way to requests, returns its memory, and cannot take the service down.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::Instant;

use crate::app::config::TrainingConfig;
use crate::app::operations::{Failure, Ticket};

/// What is kept of the last lines that a run wrote on standard error.
const TAIL_BYTES: usize = 2_048;

/// The program that trains.
#[derive(Clone, Debug)]
pub(super) struct Program {
    path: PathBuf,
    threads: usize,
}

/// How a run ended.
enum Ended {
    Itself(std::io::Result<std::process::ExitStatus>),
    Cancelled,
    TimedOut,
}

impl Program {
    /// Finds the program: the one of the configuration, else this one.
    pub(super) fn find(config: &TrainingConfig) -> std::io::Result<Self> {
        let path = match &config.program {
            Some(path) => path.clone(),
            None => std::env::current_exe()?,
        };
        Ok(Self {
            path,
            threads: config.threads.max(1),
        })
    }

    /// Runs it to its end, or until it is cancelled or too late.
    pub(super) async fn run(
        &self,
        arguments: Vec<OsString>,
        deadline: Instant,
        ticket: &Ticket,
    ) -> Result<(), Failure> {
        let threads = self.threads.to_string();
        let started = Command::new(&self.path)
            .args(arguments)
            .env("RAYON_NUM_THREADS", &threads)
            .env("POLARS_MAX_THREADS", &threads)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = started.map_err(|error| internal("the program could not be started", &error))?;
        let tail = tokio::spawn(tail_of(child.stderr.take()));
        let ended = tokio::select! {
            biased;
            () = ticket.cancel.cancelled() => Ended::Cancelled,
            () = tokio::time::sleep_until(deadline) => Ended::TimedOut,
            status = child.wait() => Ended::Itself(status),
        };
        match ended {
            Ended::Itself(Ok(status)) if status.success() => Ok(()),
            Ended::Itself(Ok(_)) => {
                let told = tail.await.unwrap_or_default();
                Err(failure("training_failed", last_words(&told)))
            }
            Ended::Itself(Err(error)) => Err(internal("the end of the program could not be awaited", &error)),
            Ended::Cancelled => {
                kill(&mut child).await;
                Err(Failure::cancelled())
            }
            Ended::TimedOut => {
                kill(&mut child).await;
                Err(failure(
                    "training_timed_out",
                    "the run took longer than training.timeout_minutes allows".to_owned(),
                ))
            }
        }
    }
}

/// Kills a child and waits until it is gone.
async fn kill(child: &mut Child) {
    if let Err(error) = child.kill().await {
        tracing::warn!(
            error = &error as &(dyn std::error::Error + 'static),
            "a training run could not be killed"
        );
    }
}

/// Returns the end of what was written, while all of it is read, so that the writer never waits.
async fn tail_of(stderr: Option<ChildStderr>) -> String {
    let Some(mut stderr) = stderr else {
        return String::new();
    };
    let mut kept: Vec<u8> = Vec::new();
    let mut buffer = vec![0_u8; TAIL_BYTES];
    loop {
        match stderr.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => {
                kept.extend_from_slice(&buffer[..read]);
                let too_many = kept.len().saturating_sub(TAIL_BYTES);
                kept.drain(..too_many);
            }
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// Returns the error that a run ended with; its notes come before it.
fn last_words(told: &str) -> String {
    let error = told.rfind("error: ").map_or(told, |start| &told[start..]);
    let words = error.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        "the run ended without a word".to_owned()
    } else {
        words
    }
}

pub(super) fn failure(code: &str, detail: String) -> Failure {
    Failure {
        code: code.to_owned(),
        detail,
        is_cancelled: false,
    }
}

/// A fault of the service: its cause goes to the log alone.
pub(super) fn internal(what: &'static str, error: &(dyn std::error::Error + 'static)) -> Failure {
    tracing::error!(what, error, "a training job failed");
    Failure::internal()
}

#[cfg(test)]
mod tests {
    use super::last_words;

    #[test]
    fn what_a_run_ended_with_is_its_error_and_not_its_notes() {
        let told = "note: 3 of 100 rows were rejected\nerror: too little history\n  given 12\n";
        assert_eq!(last_words(told), "error: too little history given 12");
        assert_eq!(last_words("killed\n"), "killed");
        assert_eq!(last_words(""), "the run ended without a word");
    }
}
