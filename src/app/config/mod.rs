//! What the program was started with: the terminal, and the file and environment of the service.

mod load;
mod reference;
mod server;
mod terminal;
mod validate;

pub use load::{Error, FILE_DEFAULT, check, load};
pub use reference::reference;
pub use server::{
    Alias, AuthConfig, GateConfig, LimitConfig, ListenConfig, MonitorConfig, OidcConfig, Promotion, Schedule,
    ServerConfig, StoreConfig, TrainingConfig, WebhookConfig,
};
pub use terminal::TerminalConfig;
pub use validate::{Finding, validate};
