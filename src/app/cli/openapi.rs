//! `duecast openapi`: the API of the service as a document.

use clap::Args;

use super::screen::Screen;
use crate::app::http::openapi;

/// Print the description of the service's API, for programs that make clients and tests
#[derive(Args, Debug)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    screen.line(openapi::text().trim_end())
}
