//! The `duecast` program: everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    duecast::app::cli::run(std::env::args_os())
}
