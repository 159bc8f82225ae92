//! The challenger on live traffic: what would it have answered?
//!
//! A prediction that a client was given is also made by the challenger and the shadow, after the answer and never in
//! its way: the queue is bounded and what does not fit is dropped and counted. The difference of the probabilities of
//! being late is a metric; what either said is not kept here, see [`turn`](super::turn) for that.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::app::book::InvoiceOutlook;
use crate::app::config::Alias;
use crate::app::registry::ServedModel;
use crate::app::state::App;

/// Answers that may wait for their shadow: a second of them, under load.
const WAITING_MAX: usize = 512;
/// Answers that are scored at once, on one thread.
const BATCH_MAX: usize = 64;

/// Where answers are given to be scored once more; cheap to clone.
#[derive(Clone, Debug)]
pub struct Shadow {
    offered: mpsc::Sender<Arc<InvoiceOutlook>>,
    taken: Arc<Mutex<Option<mpsc::Receiver<Arc<InvoiceOutlook>>>>>,
}

impl Default for Shadow {
    fn default() -> Self {
        Self::new()
    }
}

impl Shadow {
    /// Returns a queue that nobody works on yet.
    #[must_use]
    pub fn new() -> Self {
        let (offered, taken) = mpsc::channel(WAITING_MAX);
        Self {
            offered,
            taken: Arc::new(Mutex::new(Some(taken))),
        }
    }

    /// Offers an answer that was given to a client; it never waits, and drops what does not fit.
    pub fn offer(&self, answer: &Arc<InvoiceOutlook>) {
        if self.offered.try_send(Arc::clone(answer)).is_err() {
            metrics::counter!("duecast_shadow_dropped_total").increment(1);
        }
    }

    /// Takes the end at which answers come out; there is one worker.
    fn take(&self) -> Option<mpsc::Receiver<Arc<InvoiceOutlook>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Scores what is offered until it is told to stop.
pub(super) async fn work(app: App, cancel: CancellationToken) {
    let Some(mut taken) = app.shadow.take() else {
        return;
    };
    loop {
        let mut batch = Vec::new();
        let count = tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            count = taken.recv_many(&mut batch, BATCH_MAX) => count,
        };
        if count == 0 {
            return;
        }
        let models = models(&app);
        if models.is_empty() {
            continue;
        }
        let scored = tokio::task::spawn_blocking(move || score(&models, &batch)).await;
        if let Err(error) = scored {
            tracing::error!(
                error = &error as &(dyn std::error::Error + 'static),
                "scoring in the shadow broke off"
            );
        }
    }
}

/// Returns the models that are scored beside the champion, each once.
pub(super) fn models(app: &App) -> Vec<Arc<ServedModel>> {
    let champion = app.registry.alias(Alias::Champion);
    let mut models: Vec<Arc<ServedModel>> = Vec::new();
    for alias in [Alias::Challenger, Alias::Shadow] {
        if let Some(model) = app.registry.alias(alias) {
            let is_known = models
                .iter()
                .chain(champion.iter())
                .any(|known| known.version == model.version);
            if !is_known {
                models.push(model);
            }
        }
    }
    models
}

fn score(models: &[Arc<ServedModel>], answers: &[Arc<InvoiceOutlook>]) {
    for model in models {
        for answer in answers {
            match answer.predicted_by(&model.loaded.model) {
                Ok(Some(prediction)) => {
                    let given = answer.prediction().late_probability();
                    let difference = (prediction.late_probability() - given).abs();
                    metrics::histogram!(
                        "duecast_shadow_late_probability_difference",
                        "model_version" => model.version.clone()
                    )
                    .record(difference);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(
                        model_version = model.version,
                        error = &error as &(dyn std::error::Error + 'static),
                        "a model could not be scored in the shadow"
                    );
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shadow;

    #[test]
    fn there_is_one_worker() {
        let shadow = Shadow::new();
        assert!(shadow.take().is_some());
        assert!(shadow.clone().take().is_none());
    }
}
