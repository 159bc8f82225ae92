//! What goes into a block comes out of it, and takes little room there.

use proptest::prelude::*;

use super::*;
use crate::domain::date::add_days;
use crate::domain::{Currency, Date, format_minor};
use crate::history::link::{FieldKind, may, named};

const PAIR: &RecordKind = &RecordKind {
    name: "pair",
    fields: &[
        may("left", FieldKind::Text, "One text."),
        may("right", FieldKind::Text, "Another."),
    ],
};

const LONE: &RecordKind = &RecordKind {
    name: "lone",
    fields: &[may("text", FieldKind::Text, "A text.")],
};

impl Records {
    /// Bytes that the records take, those of the slice of them included.
    fn bytes(&self) -> usize {
        let full: usize = self.full.iter().map(|block| bytes_of(block.as_ref())).sum();
        full + bytes_of(&self.open)
    }
}

fn bytes_of(block: &Block) -> usize {
    block.texts.capacity()
        + block.ends.capacity() * size_of::<u32>()
        + block.codes.capacity()
        + block.starts.capacity() * size_of::<u32>()
        + block.kinds.capacity() * size_of::<&RecordKind>()
        + block.files.capacity() * size_of::<Arc<str>>()
        + block.starts.len() * size_of::<Record>()
        + size_of::<Block>()
}

fn origin(file: &str, line: u64) -> Origin {
    Origin {
        file: file.into(),
        line,
    }
}

/// What a record says, for comparisons.
fn told(record: &Record) -> (&'static str, Origin, Vec<Option<String>>) {
    let cells = record.cells().map(|cell| cell.map(ToOwned::to_owned)).collect();
    (record.kind().name, record.origin(), cells)
}

#[test]
fn records_come_out_as_they_went_in_over_many_blocks() {
    let mut records = Records::default();
    for number in 0..40_000_u64 {
        let file = format!("file {}", number % 12);
        let own = number.to_string();
        if number.is_multiple_of(3) {
            records.push(LONE, &origin(&file, number), [Some(own.as_str())].into_iter());
        } else {
            let often = if number.is_multiple_of(2) {
                Some("häufig")
            } else {
                None
            };
            let texts = [often, Some(own.as_str())];
            records.push(PAIR, &origin(&file, number), texts.into_iter());
        }
    }
    assert!(records.full.len() > 1, "{} blocks", records.full.len());
    let records = records.finish();
    assert_eq!(records.len(), 40_000);
    for (record, number) in records.iter().zip(0_u64..) {
        assert_eq!(record.origin(), origin(&format!("file {}", number % 12), number));
        let own = number.to_string();
        if number.is_multiple_of(3) {
            assert_eq!(record.kind().name, "lone");
            assert_eq!(record.text("text"), Some(own.as_str()));
        } else {
            assert_eq!(record.kind().name, "pair");
            let often = if number.is_multiple_of(2) {
                Some("häufig")
            } else {
                None
            };
            assert_eq!(record.text("left"), often);
            assert_eq!(record.text("right"), Some(own.as_str()));
        }
    }
}

#[test]
fn an_empty_text_is_a_text_and_a_field_not_given_has_none() {
    let mut records = Records::default();
    records.push(PAIR, &origin("a", u64::MAX), [Some("")].into_iter());
    records.push(PAIR, &origin("b", 0), [None, Some("")].into_iter());
    let records = records.finish();
    assert_eq!(
        told(&records[0]),
        ("pair", origin("a", u64::MAX), vec![Some(String::new()), None])
    );
    assert_eq!(
        told(&records[1]),
        ("pair", origin("b", 0), vec![None, Some(String::new())])
    );
    assert!(Records::default().finish().is_empty());
}

#[test]
fn numbers_are_read_as_they_were_written() {
    let numbers = [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX];
    let mut codes = Vec::new();
    for number in numbers {
        write(&mut codes, number);
    }
    assert_eq!(codes.len(), 1 + 1 + 1 + 2 + 2 + 3 + 5 + 10);
    let read: Vec<u64> = Numbers { bytes: codes.iter() }.collect();
    assert_eq!(read, numbers);
}

/// Pushes a cleared item of a customer account, as SAP exports it: 21 fields, half of them.
fn push_item(records: &mut Records, kind: &'static RecordKind, number: u64) {
    let day = i64::try_from(number / 100).expect("a few hundred days");
    let first = Date::from_ymd_opt(2025, 1, 1).expect("a day");
    let day_after = |days: i64| add_days(first, day + days).to_string();
    let minor = i64::try_from(number % 5000 * 100 + 10_000 + number % 100).expect("a small amount");
    let values = [
        ("company_code", "1000".to_owned()),
        ("customer_id", format!("C{}", number % 800)),
        ("document_no", (1_800_000_000 + number).to_string()),
        ("fiscal_year", "2025".to_owned()),
        ("line_no", "1".to_owned()),
        ("kind", "invoice".to_owned()),
        ("debit_credit", "S".to_owned()),
        ("amount", format_minor(minor, Currency::EUR.exponent())),
        ("currency", "EUR".to_owned()),
        ("posting_date", day_after(0)),
        ("document_date", day_after(0)),
        ("entry_date", day_after(1)),
        ("terms", "Z030".to_owned()),
        ("baseline_date", day_after(0)),
        ("days_net", "30".to_owned()),
        ("net_due_date", day_after(30)),
        ("clearing_date", day_after(40)),
        ("clearing_document", (1_400_000_000 + number / 2).to_string()),
        ("reference", (90_000_000 + number).to_string()),
        ("text", format!("Order {}", number % 7000)),
        ("customer_name", format!("Invented Company {}", number % 800)),
    ];
    let text_of = |field: &str| {
        let value = values.iter().find(|(name, _)| *name == field);
        value.map(|(_, text)| text.as_str())
    };
    let texts = kind.fields.iter().map(|field| text_of(field.name));
    records.push(kind, &origin("FBL5N.txt", number + 2), texts);
}

#[test]
fn an_item_of_sap_takes_some_150_bytes() {
    let kind = &named("open_items").expect("a linker").kinds()[0];
    assert_eq!(kind.name, "item");
    assert_eq!(size_of::<Record>(), 16);
    let mut records = Records::default();
    let rows = 20_000;
    for number in 0..rows {
        push_item(&mut records, kind, number);
    }
    records.close();
    let bytes = records.bytes() / usize::try_from(rows).expect("a small number");
    // The texts alone, each by itself, have 154 bytes a row.
    assert!((120..=170).contains(&bytes), "{bytes} bytes a record");
    let records = records.finish();
    assert_eq!(records[19_999].text("document_no"), Some("1800019999"));
    assert_eq!(records[19_999].text("clearing_document"), Some("1400009999"));
    assert_eq!(records[0].text("reference"), Some("90000000"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_texts_come_out_as_they_went_in(
        given in prop::collection::vec(
            (
                any::<u64>(),
                prop::sample::select(vec!["a.csv", "b.csv#sheet", ""]),
                prop::option::of("[ab]{0,2}|.{0,8}"),
                prop::option::of("[ab]{0,2}|.{0,8}"),
            ),
            0..40
        )
    ) {
        let mut records = Records::default();
        for (line, file, left, right) in &given {
            let texts = [left.as_deref(), right.as_deref()];
            records.push(PAIR, &origin(file, *line), texts.into_iter());
        }
        let read: Vec<_> = records.finish().iter().map(told).collect();
        let given: Vec<_> = given
            .into_iter()
            .map(|(line, file, left, right)| ("pair", origin(file, line), vec![left, right]))
            .collect();
        prop_assert_eq!(read, given);
    }
}
