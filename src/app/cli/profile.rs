//! `duecast profile`: the import profiles that are shipped, and a draft of one's own.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, Subcommand};

use super::screen::Screen;
use crate::app::output::{self, StagedFile};
use crate::history::draft::{self, Draft};
use crate::history::import::files_of;
use crate::history::profile::{Fillable, Profile, fillable, shipped};

/// List, show or draft import profiles
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the shipped profiles, one a line
    List,
    /// Print a shipped profile, as a start for one's own
    Show {
        /// Name of the profile.
        name: String,
    },
    /// Tell what a profile may fill: the columns of our tables and the records of the linkers
    Fields {
        /// A table, a record or a linker; all when left out.
        name: Option<String>,
    },
    /// Draft a profile from an export that no shipped one reads, for a person to finish
    ///
    /// The draft says for each line which cells it was drawn from, and what could not be decided.
    New {
        /// Files of the export; a folder stands for all files in it and below it, but for hidden ones.
        #[arg(value_name = "FILE", num_args = 1.., required = true)]
        files: Vec<PathBuf>,
        /// File for the draft, .toml; the screen unless given.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    match &arguments.action {
        Action::List => {
            let description = |name: &str, _: &str| Profile::load(name).map(|it| it.description().to_owned());
            super::shipped::list(shipped(), description, screen)
        }
        Action::Show { name } => super::shipped::show("profile", shipped(), name, screen),
        Action::Fields { name } => fields(name.as_deref(), screen),
        Action::New { files, out } => draft(files, out.as_ref(), screen),
    }
}

fn fields(name: Option<&str>, screen: &Screen) -> anyhow::Result<()> {
    let all = fillable();
    let is_asked = |one: &&Fillable| name.is_none_or(|name| one.section == name || one.linker == Some(name));
    let asked: Vec<&Fillable> = all.iter().filter(is_asked).collect();
    if let (true, Some(name)) = (asked.is_empty(), name) {
        let mut names: Vec<&str> = all
            .iter()
            .flat_map(|one| [Some(one.section), one.linker])
            .flatten()
            .collect();
        names.sort_unstable();
        names.dedup();
        bail!(
            "nothing that a profile fills has that name; there are {}; got {name:?}",
            names.join(", ")
        );
    }
    let mut before = None;
    for one in asked {
        if before.replace((one.linker, one.section)) != Some((one.linker, one.section)) {
            screen.line(match one.linker {
                None => format!("table {}", one.section),
                Some(linker) => format!("record {} of linker {linker}", one.section),
            })?;
        }
        let required = if one.is_required { ", required" } else { "" };
        screen.line(format!(
            "  {:<22} {}{required}: {}",
            one.name, one.allowed, one.doc
        ))?;
    }
    Ok(())
}

fn draft(inputs: &[PathBuf], out: Option<&PathBuf>, screen: &Screen) -> anyhow::Result<()> {
    let files = files_of(inputs)?;
    if let Some(path) = out {
        let read: Vec<(&'static str, &Path)> = files.iter().map(|file| ("FILE", file.as_path())).collect();
        output::check_targets(&read, &[("--out", path.as_path())])?;
    }
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let Draft { toml, missing } = draft::draft(&files, &names)?;
    match out {
        None => screen.line(toml.trim_end())?,
        Some(path) => {
            let mut staged = StagedFile::create(path)?;
            let written = staged.writer().write_all(toml.as_bytes());
            written.map_err(output::Error::at(path))?;
            staged.commit()?;
            screen.note(format!("the draft is in {}", path.display()));
        }
    }
    if missing.is_empty() {
        screen.note("every required column was found; read the draft before you rely on it");
    } else {
        screen.note(format!("a person must fill in: {}", missing.join("; ")));
    }
    Ok(())
}
