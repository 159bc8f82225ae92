//! Files of several sources at once: which of them is which.

use std::collections::BTreeMap;

use super::catalogue::Catalogue;
use super::look::Look;
use super::{CONFIDENCE_MIN, standings};
use crate::history::Error;

/// Files named of each source.
const FILES_NAMED: usize = 5;

/// Says which file is of which source, where the files, looked at one by one, are not all of one.
pub(super) fn described(catalogue: &Catalogue, looks: &[Look<'_>]) -> Result<Option<String>, Error> {
    // Files that nobody knows come first: they stand under no name.
    let mut files: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for look in looks {
        let alone = standings(catalogue, std::slice::from_ref(look))?;
        let known = alone
            .first()
            .filter(|best| best.candidate.confidence >= CONFIDENCE_MIN)
            .map(|best| best.candidate.profile.clone());
        let name = if known.is_some() {
            look.label.to_owned()
        } else {
            look.described()
        };
        files.entry(known).or_default().push(name);
    }
    if files.len() < 2 {
        return Ok(None);
    }
    let sources: Vec<String> = files
        .iter()
        .map(|(profile, files)| match profile {
            Some(profile) => format!("{profile} reads {}", listed(files)),
            None => format!("no shipped profile surely reads {}", listed(files)),
        })
        .collect();
    Ok(Some(format!(
        "files of one source expected, got several: {}; import the files of each source by themselves, those of no \
         source with a profile of your own (--profile, drafted by `duecast profile new FILE`)",
        sources.join("; ")
    )))
}

/// The first names, and how many more there are.
pub(super) fn listed(names: &[String]) -> String {
    let mut text = names
        .iter()
        .take(FILES_NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let more = names.len().saturating_sub(FILES_NAMED);
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
