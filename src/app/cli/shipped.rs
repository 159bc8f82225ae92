//! What ships with the program as text: listed by name, printed as a start for one's own.

use anyhow::Context;

use super::screen::Screen;

/// Prints the names, each with what its text describes, one a line.
pub(super) fn list<E: Into<anyhow::Error>>(
    shipped: &[(&str, &str)],
    description: impl Fn(&str, &str) -> Result<String, E>,
    screen: &Screen,
) -> anyhow::Result<()> {
    let width = shipped.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, text) in shipped {
        let description = description(name, text).map_err(Into::into)?;
        screen.line(format!("{name:<width$}  {description}"))?;
    }
    Ok(())
}

/// Prints one of them; `what` they are is for the refusal of a name that none has.
pub(super) fn show(what: &str, shipped: &[(&str, &str)], name: &str, screen: &Screen) -> anyhow::Result<()> {
    let names: Vec<&str> = shipped.iter().map(|(name, _)| *name).collect();
    let (_, text) = shipped
        .iter()
        .find(|(known, _)| *known == name)
        .with_context(|| {
            format!(
                "no shipped {what} has that name; there are {}; got {name:?}",
                names.join(", ")
            )
        })?;
    screen.line(text.trim_end())
}
