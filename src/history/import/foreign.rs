//! Foreign files through a profile into rows of our tables, without a ledger to put them into.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::is_within_share;
use super::rows::Intake;
use crate::domain::Date;
use crate::domain::date::from_day_number;
use crate::history::builder::Built;
use crate::history::link::{Known, Void};
use crate::history::profile::Profile;
use crate::history::row_values::RowValues;
use crate::history::schema::{KNOWN_ON, Table};
use crate::history::validate::count;
use crate::history::{DAY_MIN, Error, Reject};

/// Rows of foreign files, each valid by itself; whether they fit a ledger is open.
#[derive(Debug)]
pub struct ForeignRows {
    /// The rows of each table, and those that are not valid.
    pub tables: BTreeMap<Table, Built>,
    /// Source rows that the profile leaves out.
    pub filtered: u64,
    /// Records that the other source rows yielded, rejected ones included.
    pub records: u64,
    /// What a person should know of how rows were joined.
    pub notes: Vec<String>,
    /// Rows of the ledger that the files declare void.
    pub(crate) voids: Vec<Void>,
    /// Rows that the files have more than once, or in a version before the last: left out, and no rejects.
    pub repeated: BTreeMap<Table, u64>,
    /// Last day on which any of the rows became known: the files are at least that old.
    pub last_known: Option<Date>,
}

impl ForeignRows {
    /// Returns the rows that are not valid, table by table, then in the order they were found.
    pub fn rejects(&self) -> impl Iterator<Item = &Reject> {
        self.tables.values().flat_map(|built| &built.rejects)
    }

    /// Returns the number of rows that are not valid.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        count(self.rejects().count())
    }

    /// Returns whether at most that share of the records was rejected, from 0 to 1.
    #[must_use]
    pub fn is_within_share(&self, max_reject_share: f64) -> bool {
        is_within_share(self.rejected(), self.records, max_reject_share)
    }
}

/// Reads foreign files through a profile.
///
/// `names` are the names the files go by, in the order of `inputs`: a profile tells its tables by them, rejects and
/// errors name them. `progress` hears of the input bytes done and their total.
///
/// # Examples
///
/// ```
/// use duecast::history::{Profile, Table, import};
///
/// let folder = tempfile::tempdir()?;
/// let upload = folder.path().join("upload-1");
/// std::fs::write(&upload, "customer_id,name\nC1,Acme\n")?;
/// let profile = Profile::load("canonical")?;
/// let rows = import::read(&profile, &[upload], &["customers.csv".to_owned()], &|_, _| {})?;
/// assert_eq!(rows.tables[&Table::Customers].frame.height(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`Error::Input`] when a file lacks columns or fits no table of the profile.
/// - [`Error::Io`] when a file cannot be read.
pub fn read(
    profile: &Profile,
    inputs: &[PathBuf],
    names: &[String],
    progress: &dyn Fn(u64, u64),
) -> Result<ForeignRows, Error> {
    let mut rows = read_knowing(profile, inputs, names, &Known::default(), progress)?;
    if !rows.voids.is_empty() {
        let count = rows.voids.len();
        rows.notes.push(format!(
            "{count} rows are void in the source: where the ledger has them, they stay until they are taken back there"
        ));
    }
    Ok(rows)
}

/// Does what [`read`] does; what a linker joins it joins with what is known.
pub(super) fn read_knowing(
    profile: &Profile,
    inputs: &[PathBuf],
    names: &[String],
    known: &Known,
    progress: &dyn Fn(u64, u64),
) -> Result<ForeignRows, Error> {
    let mut total = 0_u64;
    for input in inputs {
        let metadata = fs::metadata(input).map_err(|error| Error::io(input, error))?;
        total = total.saturating_add(metadata.len());
    }
    let intake = take_inputs(
        Intake::new(profile, BTreeMap::new(), None),
        inputs.iter().zip(names),
        known,
        total,
        progress,
    )?;
    let (filtered, records) = (intake.filtered, intake.records.values().sum());
    let (notes, voids) = (intake.notes, intake.voids);
    let mut tables = BTreeMap::new();
    let mut last_known: Option<i32> = None;
    for (table, builder) in intake.builders {
        let built = builder.finish()?;
        last_known = last_known.max(last_day_known(&built)?);
        tables.insert(table, built);
    }
    Ok(ForeignRows {
        tables,
        filtered,
        records,
        notes,
        voids,
        repeated: BTreeMap::new(),
        last_known: last_known.map(from_day_number),
    })
}

/// Returns the last day on which any row became known; master data without a clock is known always.
fn last_day_known(built: &Built) -> Result<Option<i32>, Error> {
    let known = RowValues::of(&built.frame, KNOWN_ON)?;
    let days = (0..built.frame.height()).filter_map(|row| known.day(row));
    Ok(days.filter(|day| *day > DAY_MIN).max())
}

/// Reads every input, each with its label; what a linker joins it joins with what is known.
pub(super) fn take_inputs<'p, 'i>(
    mut intake: Intake<'p>,
    inputs: impl Iterator<Item = (&'i PathBuf, &'i String)>,
    known: &Known,
    total: u64,
    progress: &dyn Fn(u64, u64),
) -> Result<Intake<'p>, Error> {
    let mut done = 0_u64;
    for (input, label) in inputs {
        let bytes = fs::metadata(input)
            .map_err(|error| Error::io(input, error))?
            .len();
        intake.take_file(input, label, &|within| {
            progress(done.saturating_add(within), total)
        })?;
        done = done.saturating_add(bytes);
    }
    intake.link(known)?;
    Ok(intake)
}
