//! The process environment, read here and nowhere else.

use std::ffi::OsString;
use std::io::IsTerminal;

/// Width of text output where the terminal does not say how wide it is.
const WIDTH_DEFAULT: u16 = 96;
/// Tables wider than this are harder to read than wrapped ones.
const WIDTH_MAX: u16 = 100;
/// Below this width tables would be cut into single letters.
const WIDTH_MIN: u16 = 72;

/// What is known about the terminal this process writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalConfig {
    /// True when standard output may carry colour: a terminal, and `NO_COLOR` is not set.
    pub is_colour: bool,
    /// True when progress may be drawn: standard error is a terminal.
    pub is_progress_shown: bool,
    /// Columns that text output may use.
    pub width: u16,
}

impl TerminalConfig {
    /// Reads `NO_COLOR`, `TERM` and `COLUMNS` and asks whether the standard streams are terminals.
    pub fn from_environment() -> Self {
        Self::new(
            std::io::stdout().is_terminal(),
            std::io::stderr().is_terminal(),
            std::env::var_os,
        )
    }

    fn new(
        is_stdout_terminal: bool,
        is_stderr_terminal: bool,
        variable: impl Fn(&'static str) -> Option<OsString>,
    ) -> Self {
        let is_plain = variable("NO_COLOR").is_some_and(|value| !value.is_empty())
            || variable("TERM").is_some_and(|value| value == "dumb");
        let columns =
            variable("COLUMNS").and_then(|value| value.to_str().and_then(|text| text.parse::<u16>().ok()));
        Self {
            is_colour: is_stdout_terminal && !is_plain,
            is_progress_shown: is_stderr_terminal,
            width: columns.map_or(WIDTH_DEFAULT, |width| width.clamp(WIDTH_MIN, WIDTH_MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TerminalConfig;

    #[test]
    fn a_pipe_carries_no_colour() {
        assert!(!TerminalConfig::new(false, true, |_| None).is_colour);
    }

    #[test]
    fn no_color_wins_over_a_terminal() {
        let config = TerminalConfig::new(true, true, |name| (name == "NO_COLOR").then(|| "1".into()));
        assert!(!config.is_colour);
        assert!(config.is_progress_shown);
    }

    #[test]
    fn the_width_stays_readable() {
        let wide = TerminalConfig::new(true, true, |name| (name == "COLUMNS").then(|| "400".into()));
        assert_eq!(wide.width, super::WIDTH_MAX);
        assert_eq!(
            TerminalConfig::new(true, true, |_| None).width,
            super::WIDTH_DEFAULT
        );
    }
}
