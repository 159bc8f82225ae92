//! The words of a profile file: what each table and key of the TOML may say.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::names::Names;
use crate::source::Format;

/// A whole profile file, as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileFile {
    /// Name of the profile, the word given to `--profile`.
    pub(crate) name: String,
    /// One line for `profile list`.
    pub(crate) description: String,
    /// What a person should know of every import through it, one sentence.
    pub(crate) note: Option<String>,
    /// What joins the records of `[[record]]` sections into rows of our tables.
    pub(crate) linker: Option<String>,
    /// Columns that tell exports of this source from others.
    #[serde(default)]
    pub(crate) recognise: Vec<String>,
    /// How the file is to be read.
    #[serde(default)]
    pub(crate) source: Source,
    /// Rows that fail one of these belong to no table; the report counts them as filtered.
    #[serde(default)]
    pub(crate) filter: Vec<Condition>,
    /// Which objects of a JSON document are rows.
    #[serde(default)]
    pub(crate) sheet: Vec<SheetSection>,
    /// One section a row of ours that a source row yields.
    #[serde(default)]
    pub(crate) table: Vec<Section>,
    /// One section a record for the linker that a source row yields.
    #[serde(default)]
    pub(crate) record: Vec<Section>,
}

impl ProfileFile {
    /// Every section: those of tables, then those of records.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &Section> {
        self.table.iter().chain(&self.record)
    }
}

/// `[[sheet]]`: objects of a JSON document that are the rows of a sheet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SheetSection {
    /// Name of the sheet, for `sheets` of sections.
    pub(crate) name: String,
    /// Where the objects are: `Invoices[].Payments[]`.
    pub(crate) path: String,
}

/// `[source]`: encoding, separators and number and date notation of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Source {
    /// The format of the files.
    pub(crate) format: Format,
    /// `auto`, or a name of the encoding standard such as `windows-1252`.
    pub(crate) encoding: String,
    /// `auto`, or one character.
    pub(crate) delimiter: String,
    /// Whether a double quote encloses cells; exports without quoting may hold stray ones.
    pub(crate) quoted: bool,
    /// Lines before the header (or before the first row), for titles above the table.
    pub(crate) skip_lines: u64,
    /// Whether the first line names the columns; without, they are named `1`, `2`, ...
    pub(crate) header: bool,
    /// Where the header is.
    pub(crate) header_row: HeaderRow,
    /// What becomes of rows that repeat the header.
    pub(crate) repeated_headers: RepeatedHeaders,
    /// Columns whose cells are carried down to the rows that continue a row; the first tells which do by being empty.
    pub(crate) carried: Vec<String>,
    /// Name of a column that is added: that of the group a row belongs to, in reports that head groups by a row.
    pub(crate) grouped: Option<String>,
    /// Formats of dates (chrono's strftime, or `unix`, `unix_ms`, `ms_json`, `excel`), tried in order.
    pub(crate) date_formats: Vec<String>,
    /// The mark before decimals.
    pub(crate) decimal_mark: String,
    /// The mark between groups of digits; empty when there is none.
    pub(crate) thousands_mark: String,
    /// Cells that mean "nothing", beside the empty one.
    pub(crate) null_markers: Vec<String>,
    /// Digits of minor units by currency code (`ISK`), where the source departs from ISO 4217.
    pub(crate) minor_digits: BTreeMap<String, u8>,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            encoding: "auto".to_owned(),
            delimiter: "auto".to_owned(),
            quoted: true,
            skip_lines: 0,
            header: true,
            header_row: HeaderRow::Auto,
            repeated_headers: RepeatedHeaders::Skip,
            carried: Vec::new(),
            grouped: None,
            date_formats: vec!["%Y-%m-%d".to_owned()],
            decimal_mark: ".".to_owned(),
            thousands_mark: String::new(),
            null_markers: Vec::new(),
            minor_digits: BTreeMap::new(),
        }
    }
}

/// Where the header of a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HeaderRow {
    /// The first rows are searched for the columns that the profile reads.
    Auto,
    /// The first row is the header.
    First,
}

/// What becomes of rows that repeat the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RepeatedHeaders {
    /// They are passed over.
    Skip,
    /// They are rows.
    Keep,
}

/// `[[table]]` or `[[record]]`: how a source row becomes a row of one of our tables, or a record of the linker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    /// Our table, in a `[[table]]`.
    pub(crate) table: Option<String>,
    /// The linker's record, in a `[[record]]`.
    pub(crate) record: Option<String>,
    /// Names of input files (without extension, `*` for any text) that the section reads; all when empty.
    #[serde(default)]
    pub(crate) files: Vec<String>,
    /// Names of sheets (`*` for any text) that the section reads; all when empty.
    #[serde(default)]
    pub(crate) sheets: Vec<String>,
    /// The row yields a record only if it meets all of these.
    #[serde(default)]
    pub(crate) when: Vec<Condition>,
    /// Many source rows repeat the record (a customer on each of its invoices): equal ones are one.
    #[serde(default)]
    pub(crate) deduplicate: bool,
    /// Every column of ours that is not listed is read from the source column of its own name.
    #[serde(default)]
    pub(crate) same_names: bool,
    /// Rule of each column of ours.
    #[serde(default)]
    pub(crate) columns: BTreeMap<String, Rule>,
}

/// A test on one cell of the source row: a column and exactly one of the tests.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    /// Source column.
    pub(crate) column: Names,
    /// A file without the column is accepted; the cell is then empty.
    #[serde(default)]
    pub(crate) optional: bool,
    /// The cell is this text.
    pub(crate) equals: Option<String>,
    /// The cell is not this text.
    pub(crate) not: Option<String>,
    /// The cell is one of these texts.
    #[serde(rename = "in")]
    pub(crate) one_of: Option<Vec<String>>,
    /// The cell is none of these texts.
    pub(crate) not_in: Option<Vec<String>>,
    /// The cell starts with this text.
    pub(crate) matches_prefix: Option<String>,
    /// The cell does not start with this text.
    pub(crate) not_prefix: Option<String>,
    /// The cell fits one of these patterns (`*` for any text, case ignored).
    pub(crate) matches: Option<Vec<String>>,
    /// Whether the cell is empty or a null marker.
    pub(crate) is_empty: Option<bool>,
}

/// Where a value comes from and how it is written there.
///
/// Exactly one of `column`, `constant` and `computed` is set. A bare string or list of strings in the
/// file is `column`, a bare whole number is `constant`.
#[derive(Clone, Debug)]
pub(crate) struct Rule(pub(crate) RuleFields);

/// The keys of a [`Rule`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleFields {
    /// Source column.
    pub(crate) column: Option<Names>,
    /// The same canonical text in every row.
    pub(crate) constant: Option<String>,
    /// Computed from other rules.
    pub(crate) computed: Option<Computed>,
    /// A file without the column is accepted; the value is then absent.
    #[serde(default)]
    pub(crate) optional: bool,
    /// Formats of this date, instead of those of `[source]`.
    pub(crate) date_formats: Option<Vec<String>>,
    /// Decimal mark of this number, instead of that of `[source]`.
    pub(crate) decimal_mark: Option<String>,
    /// Thousands mark of this number, instead of that of `[source]`.
    pub(crate) thousands_mark: Option<String>,
    /// How the sign of this number is written.
    pub(crate) sign: Option<Sign>,
    /// The number is whole minor units (cents) of the currency in this source column.
    pub(crate) minor_units: Option<Names>,
    /// Whether blanks around the text are dropped; `true` unless told.
    pub(crate) trim: Option<bool>,
    /// `0000200540` becomes `200540`.
    #[serde(default)]
    pub(crate) strip_leading_zeros: bool,
    /// Text put before a value that is not empty.
    pub(crate) prefix: Option<String>,
    /// Canonical text used where the value is empty.
    pub(crate) default: Option<String>,
}

impl Rule {
    /// The rule `column = names`, absent columns accepted when `optional`.
    pub(crate) fn of_column(names: Names, optional: bool) -> Self {
        Self(RuleFields {
            column: Some(names),
            optional,
            ..RuleFields::default()
        })
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RuleVisitor)
    }
}

/// Reads the short forms of a rule beside the table form.
struct RuleVisitor;

impl<'de> Visitor<'de> for RuleVisitor {
    type Value = Rule;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "the name of a source column, a list of the names it may have, a whole number, or a table with `column`, \
             `constant` or `computed`",
        )
    }

    fn visit_str<E>(self, name: &str) -> Result<Rule, E> {
        Ok(Rule::of_column(Names::of(name), false))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Rule, A::Error> {
        Names::from_list(list).map(|names| Rule::of_column(names, false))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Rule, E> {
        Ok(Rule(RuleFields {
            constant: Some(number.to_string()),
            ..RuleFields::default()
        }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rule, A::Error> {
        RuleFields::deserialize(MapAccessDeserializer::new(map)).map(Rule)
    }
}

/// A value made of others. A small declared set, not a language.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Computed {
    /// The texts one after the other; empty when all are empty.
    Concat(Vec<Rule>),
    /// A date some days later; empty when the date or the days are.
    AddDays {
        /// The date to start from.
        date: Box<Rule>,
        /// The days to add, possibly negative.
        days: Box<Rule>,
    },
    /// The first number that is not zero; zero when all are, empty when all are empty.
    FirstNonzero(Vec<Rule>),
    /// The number of the data row over all input files, in a format such as `A%06d`.
    RowNumber {
        /// Text with one `%d` or `%0Nd`.
        format: String,
        /// Number of the first row.
        #[serde(default)]
        first: u64,
    },
    /// The first value that is not empty.
    Coalesce(Vec<Rule>),
    /// The text looked up in a table.
    Map {
        /// The text to look up.
        from: Box<Rule>,
        /// Source text -> canonical text.
        values: BTreeMap<String, String>,
        /// Canonical text for any other; without it an unknown text rejects the row.
        otherwise: Option<String>,
    },
}

/// How the sign of a number is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Sign {
    /// `-12.50` is minus 12.50.
    AsIs,
    /// `12.50` is minus 12.50.
    Negate,
    /// `12.50-` is minus 12.50; so is `-12.50`.
    TrailingMinus,
    /// `(12.50)` is minus 12.50; so is `-12.50`.
    Parentheses,
    /// The number is unsigned and another column says which way it goes (S/H, D/C).
    ByColumn {
        /// The column with the code.
        column: Names,
        /// Codes that leave the number as it is.
        positive: Vec<String>,
        /// Codes that negate it.
        negative: Vec<String>,
    },
}
