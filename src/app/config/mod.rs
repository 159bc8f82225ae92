//! What the program was started with: the terminal, and the file and environment of the service.

mod load;
mod server;
mod terminal;

pub use load::{Error, load, reference};
pub use server::{
    Alias, AuthConfig, GateConfig, LimitConfig, ListenConfig, MonitorConfig, OidcConfig, Promotion, Schedule, ServerConfig,
    StoreConfig, TrainingConfig, WebhookConfig,
};
pub use terminal::TerminalConfig;
