//! Delivers events: claims what is due, sends it, and tries again later or gives up.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::redirect::Policy;
use standardwebhooks::Webhook;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::guard::{CheckedUrl, checked_url};
use crate::app::clock::{Clock, Timestamp};
use crate::app::config::WebhookConfig;
use crate::app::store::{self, Attempt, DeliveryStatus, DueDelivery, Store};

/// How often the store is asked for what is due.
const POLL: Duration = Duration::from_millis(500);
/// How long to wait when the store does not answer.
const POLL_AWAY: Duration = Duration::from_secs(5);
/// Seconds after which a claimed delivery counts as lost with its process.
const LEASE_S: u64 = 120;

/// Delivers events until it is told to stop.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    store: Store,
    clock: Clock,
    config: WebhookConfig,
}

/// How one attempt ended.
struct Ending {
    status: Option<StatusCode>,
    error: Option<String>,
}

impl Dispatcher {
    pub(super) const fn new(store: Store, clock: Clock, config: WebhookConfig) -> Self {
        Self { store, clock, config }
    }

    /// Delivers until the token is cancelled; what is under way is finished.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.deliver_due().await {
                // There may be more.
                Ok(sent) if sent >= self.config.concurrency_max => Duration::ZERO,
                Ok(_) => POLL,
                Err(error) => {
                    tracing::warn!(error = %error, "webhooks wait: the store does not answer");
                    POLL_AWAY
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Sends what is due, as much as may be under way at once; returns how much that was.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn deliver_due(&self) -> Result<usize, store::Error> {
        let now = self.clock.now();
        let due = self
            .store
            .due_deliveries(now, self.config.concurrency_max)
            .await?;
        let mut sending = JoinSet::new();
        let mut claimed = 0;
        for delivery in due {
            if self.store.claim_delivery(&delivery, later(now, LEASE_S)).await? {
                claimed += 1;
                let dispatcher = self.clone();
                sending.spawn(async move { dispatcher.attempt(delivery).await });
            }
        }
        while let Some(ended) = sending.join_next().await {
            if let Ok(result) = ended {
                result?;
            }
        }
        Ok(claimed)
    }

    async fn attempt(&self, delivery: DueDelivery) -> Result<(), store::Error> {
        let now = self.clock.now();
        let ending = self.send(&delivery, now).await;
        let is_delivered = ending.status.is_some_and(|status| status.is_success());
        // 410 is how a receiver says that it wants no more of this.
        let is_gone = ending.status == Some(StatusCode::GONE);
        let wait = usize::try_from(delivery.attempts)
            .ok()
            .and_then(|attempts| self.config.backoff_s.get(attempts).copied())
            .filter(|_| !is_gone);
        let (status, next) = match (is_delivered, wait) {
            (true, _) => (DeliveryStatus::Delivered, now),
            (false, Some(seconds)) => (DeliveryStatus::Waiting, later(now, seconds)),
            (false, None) => (DeliveryStatus::Dead, now),
        };
        metrics::counter!("duecast_webhook_deliveries_total", "status" => status.name()).increment(1);
        self.store
            .record_attempt(&Attempt {
                delivery_id: delivery.delivery_id,
                status,
                attempts: delivery.attempts + 1,
                next_attempt_at: next,
                last_status: ending.status.map(|status| i64::from(status.as_u16())),
                last_error: ending.error,
                at: now,
            })
            .await
    }

    async fn send(&self, delivery: &DueDelivery, now: Timestamp) -> Ending {
        let failed = |error: String| Ending {
            status: None,
            error: Some(error),
        };
        // The name is looked up anew each time: what it led to yesterday says nothing about today.
        let target = match checked_url(&delivery.url, self.config.is_private_allowed).await {
            Ok(target) => target,
            Err(refusal) => return failed(refusal.to_string()),
        };
        let signature = match signature(&delivery.secrets, &delivery.event_id, now, &delivery.body) {
            Ok(signature) => signature,
            Err(error) => return failed(format!("the secret cannot sign: {error}")),
        };
        let client = match self.client(&target) {
            Ok(client) => client,
            Err(error) => return failed(error.to_string()),
        };
        let sent = client
            .post(target.url)
            .header("content-type", "application/cloudevents+json")
            .header("webhook-id", &delivery.event_id)
            .header("webhook-timestamp", now.timestamp())
            .header("webhook-signature", signature)
            .body(delivery.body.clone())
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ending {
                status: Some(answer.status()),
                error: None,
            },
            Ok(answer) => Ending {
                status: Some(answer.status()),
                error: Some(format!("the receiver answered {}", answer.status())),
            },
            // The URL may hold a token of the receiver's.
            Err(error) => failed(error.without_url().to_string()),
        }
    }

    fn client(&self, target: &CheckedUrl) -> Result<reqwest::Client, reqwest::Error> {
        reqwest::Client::builder()
            .timeout(Duration::from_secs(self.config.timeout_s))
            .redirect(Policy::none())
            .no_proxy()
            .resolve_to_addrs(&target.host, &target.addresses)
            .user_agent(concat!("duecast/", env!("CARGO_PKG_VERSION")))
            .build()
    }
}

/// Signs a body with each secret, as Standard Webhooks has it: several signatures while secrets are rotated.
///
/// # Errors
///
/// When a secret is not `whsec_` and base64.
pub fn signature(
    secrets: &[String],
    event_id: &str,
    now: Timestamp,
    body: &str,
) -> Result<String, standardwebhooks::WebhookError> {
    let signed: Result<Vec<String>, _> = secrets
        .iter()
        .map(|secret| Webhook::new(secret)?.sign(event_id, now.timestamp(), body.as_bytes()))
        .collect();
    Ok(signed?.join(" "))
}

fn later(now: Timestamp, seconds: u64) -> Timestamp {
    now + Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use super::signature;
    use crate::app::clock::from_micros;

    /// The example of the Standard Webhooks reference libraries.
    #[test]
    fn a_signature_is_the_published_one() {
        let signed = signature(
            &["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            from_micros(1_614_265_330_000_000),
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn while_secrets_are_rotated_there_is_a_signature_of_each() {
        let secrets = ["whsec_AAAA".to_owned(), "whsec_BBBB".to_owned()];
        let signed = signature(&secrets, "id", from_micros(0), "{}").unwrap();
        assert_eq!(signed.split(' ').count(), 2);
    }
}
