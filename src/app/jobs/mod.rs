//! What the service does without being asked: the turn of the day, training by schedule, the shadow, tidying up.

mod child;
mod error;
mod measure;
mod monitors;
mod purge;
mod schedule;
mod shadow;
mod training;
mod training_set;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::state::App;

pub use error::Error;
pub use shadow::Shadow;
pub use training::{TrainingRequest, train};
pub use training_set::{TrainingSetRequest, export_training_set};
pub use turn::catch_up;

/// How often it is looked whether a day has turned.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a turn that failed rests before it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// The jobs, at work until they are stopped.
#[derive(Debug)]
pub struct Running {
    cancel: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts the jobs.
#[must_use]
pub fn start(app: &App) -> Running {
    let cancel = CancellationToken::new();
    let tasks = vec![
        tokio::spawn(turns(Arc::clone(app), cancel.clone())),
        tokio::spawn(shadow::work(Arc::clone(app), cancel.clone())),
        tokio::spawn(app.events.dispatcher(&app.config.webhooks).run(cancel.clone())),
    ];
    Running { cancel, tasks }
}

impl Running {
    /// Tells the jobs to stop and waits until they have; a turn that is not done is done again at the next start.
    pub async fn stop(self) {
        self.cancel.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(
                    error = &error as &(dyn std::error::Error + 'static),
                    "a job broke off"
                );
            }
        }
    }
}

/// Turns the days as they come.
async fn turns(app: App, cancel: CancellationToken) {
    loop {
        let rest = tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            turned = catch_up(&app) => match turned {
                Ok(_) => LOOK_EVERY,
                Err(error) => {
                    tracing::error!(
                        error = &error as &(dyn std::error::Error + 'static),
                        "the day could not be turned; it is tried again"
                    );
                    RETRY_AFTER
                }
            },
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(rest) => {}
        }
    }
}
