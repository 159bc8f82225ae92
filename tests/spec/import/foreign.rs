//! Foreign exports: encodings, notations, filters, computed columns, and the shipped profiles.

use duecast::history::Table;
use duecast::history::import::ImportOutcome;
use duecast::history::profile::Profile;

use super::desk::{Desk, shipped_profile};

fn profile(text: &str) -> Profile {
    Profile::from_toml("test.toml", text).expect("the profile is right")
}

/// An ERP's list: cp1252 or UTF-16, semicolons, a title line, German numbers, two date formats.
const ERP_PROFILE: &str = r#"
name = "erp"
description = "open and cleared items"

[source]
skip_lines = 1
date_formats = ["%d.%m.%Y", "%Y%m%d"]
decimal_mark = ","
thousands_mark = "."
null_markers = ["00000000", "00.00.0000"]

[[filter]]
column = "Konto"
is_empty = false

[[table]]
table = "customers"
deduplicate = true
[table.columns]
customer_id = { column = "Konto", strip_leading_zeros = true }
name = "Name"

[[table]]
table = "invoices"
when = [{ column = "Art", in = ["RV", "DR"] }]
[table.columns]
invoice_id = { computed = { concat = ["Bukrs", { constant = "-" }, "Beleg"] } }
customer_id = { column = "Konto", strip_leading_zeros = true }
invoice_date = "Datum"
due_date = { computed = { add_days = { date = { computed = { coalesce = ["Basis", "Datum"] } }, days = { computed = { first_nonzero = ["Tage3", "Tage2", "Tage1"] } } } } }
amount = { column = "Betrag", sign = "trailing_minus" }
currency = { column = "Waehrung", default = "EUR" }
document_type = { computed = { map = { from = "Art", values = { RV = "invoice", DR = "debit_note" } } } }

[[table]]
table = "payments"
when = [{ column = "Art", matches_prefix = "Z" }]
[table.columns]
payment_id = { computed = { row_number = { format = "Z%03d", first = 1 } } }
invoice_id = { column = "Zu", prefix = "1000-" }
paid_date = "Datum"
amount = { column = "Betrag", sign = { by_column = { column = "SH", positive = ["H"], negative = ["S"] } } }
currency = { column = "Waehrung", default = "EUR" }
"#;

const ERP_TEXT: &str = "Liste vom 01.07.2025\r\n\
    Konto;Name;Bukrs;Art;Beleg;Datum;Basis;Tage1;Tage2;Tage3;Betrag;SH;Waehrung;Zu\r\n\
    0000004711;Müller & Söhne;1000;RV;90001;31.01.2025;20250201;10;30;0;1.234,56;S;EUR;\r\n\
    0000004711;Müller & Söhne;1000;DR;90002;20250305;00.00.0000;14;0;0;12.345.678,00;S;;\r\n\
    0000004711;Müller & Söhne;1000;RV;90003;31.01.2025;00000000;0;0;0;50,00-;S;EUR;\r\n\
    0000004711;Müller & Söhne;1000;ZE;95001;12.03.2025;;;;;1.234,56;H;EUR;90001\r\n\
    0000004711;Müller & Söhne;1000;ZE;95002;13.03.2025;;;;;34,56;S;EUR;90001\r\n\
    0000004711;Müller & Söhne;1000;ZE;95003;14.03.2025;;;;;10,00;X;EUR;90001\r\n\
    ;;;;;;;;;;12.345.678,00;;;\r\n\
    0000004711;Müller & Söhne;1000;AB;95004;14.03.2025;;;;;10,00;H;EUR;90001\r\n";

fn assert_erp(desk: &Desk, outcome: &ImportOutcome) {
    assert_eq!(
        desk.rows("customers", &["customer_id", "name"]),
        ["4711|Müller & Söhne"]
    );
    assert_eq!(
        desk.rows(
            "invoices",
            &[
                "invoice_id",
                "customer_id",
                "invoice_date",
                "due_date",
                "amount",
                "document_type"
            ]
        ),
        [
            "1000-90001|4711|2025-01-31|2025-03-03|1234.56|invoice",
            "1000-90002|4711|2025-03-05|2025-03-19|12345678.00|debit_note",
        ]
    );
    assert_eq!(
        desk.rows("payments", &["payment_id", "invoice_id", "paid_date", "amount"]),
        [
            "Z004|1000-90001|2025-03-12|1234.56",
            "Z005|1000-90001|2025-03-13|-34.56"
        ]
    );
    // The subtotal line and the document type that no table wants are counted, not rejected.
    assert_eq!((outcome.filtered, outcome.report.filtered_rows), (2, 2));
    assert_eq!(desk.rejects(), ["5|amount|-50.00", "8|SH|X"]);
}

#[test]
fn an_erp_list_in_cp1252_is_read_by_declaration() {
    let desk = Desk::new();
    let bytes: Vec<u8> = ERP_TEXT
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
        .collect();
    let outcome = desk
        .import(&profile(ERP_PROFILE), &[desk.put("list.txt", bytes)], 0.5)
        .unwrap();
    assert_erp(&desk, &outcome);
}

#[test]
fn the_same_list_in_utf_16_gives_the_same_ledger() {
    let desk = Desk::new();
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(ERP_TEXT.encode_utf16().flat_map(u16::to_le_bytes));
    let outcome = desk
        .import(&profile(ERP_PROFILE), &[desk.put("list.txt", bytes)], 0.5)
        .unwrap();
    assert_erp(&desk, &outcome);
}

#[test]
fn a_named_encoding_and_a_forced_delimiter_are_obeyed() {
    let desk = Desk::new();
    let text = r#"
name = "pipes"
description = "no header, pipes"
[source]
encoding = "windows-1252"
delimiter = "|"
quoted = false
header = false
[[table]]
table = "customers"
[table.columns]
customer_id = "1"
name = { column = "2" }
"#;
    let file = desk.put("c.txt", b"1|M\xfcller \"alt\n2|Beta\n");
    desk.import(&profile(text), &[file], 0.0).unwrap();
    assert_eq!(
        desk.rows("customers", &["customer_id", "name"]),
        ["1|Müller \"alt", "2|Beta"]
    );
}

#[test]
fn a_row_with_an_unreadable_payment_yields_no_invoice_that_would_look_unpaid() {
    let desk = Desk::new();
    let file = desk.put(
        "ibm.csv",
        "customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,SettledDate,countryCode\n\
         C1,0001,1/2/2013,2/1/2013,55.94,1/15/2013,391\n\
         C1,0002,1/2/2013,2/1/2013,10.00,2013-01-15,391\n\
         C2,0003,1/2/2013,2/1/2013,20,,391\n",
    );
    let outcome = desk
        .import(&shipped_profile("ibm-late-payments"), &[file], 0.5)
        .unwrap();
    assert_eq!(
        desk.rows(
            "invoices",
            &[
                "invoice_id",
                "invoice_date",
                "amount",
                "currency",
                "entity",
                "payment_terms"
            ]
        ),
        [
            "0001|2013-01-02|55.94|USD|391|NET30",
            "0003|2013-01-02|20.00|USD|391|NET30"
        ]
    );
    assert_eq!(
        desk.rows("payments", &["payment_id", "paid_date"]),
        ["P-0001|2013-01-15"]
    );
    assert_eq!(desk.rejects(), ["3|SettledDate|2013-01-15"]);
    assert_eq!(outcome.added[&Table::Customers], 2);
}

#[test]
fn the_sap_profile_leaves_out_dates_that_know_the_outcome() {
    let desk = Desk::new();
    let file = desk.put(
        "closed.csv",
        "row_id,business_code_inferred,cust_number,name_customer,clear_date,posting_date_est,posting_date_source,\
         due_in_date,invoice_currency_inferred,total_open_amount,cust_payment_terms_inferred\n\
         C1,U001,0200540723,LAKE,2019-02-28,2018-11-09,customer_terms,2019-02-28,USD,24254.0,90M7\n\
         C2,,0200540723,LAKE,2019-03-08,2018-11-15,bounded,2019-03-06,USD,2480.0,90M7\n\
         C3,,0200540723,LAKE,2019-03-08,2018-11-15,default15,2019-03-06,USD,2480.0,90M7\n",
    );
    let outcome = desk.import(&shipped_profile("sap-ar"), &[file], 0.0).unwrap();
    assert_eq!(outcome.filtered, 1);
    assert_eq!(
        desk.rows(
            "invoices",
            &[
                "invoice_id",
                "customer_id",
                "entity",
                "due_date",
                "amount",
                "payment_terms"
            ]
        ),
        [
            "C1|200540723|U001|2019-02-28|24254.00|90M7",
            "C3|200540723|U001|2019-03-06|2480.00|90M7"
        ]
    );
    assert_eq!(
        desk.rows("payments", &["payment_id", "invoice_id"]),
        ["P-C1|C1", "P-C3|C3"]
    );
    assert_eq!(desk.rows("customers", &["customer_id"]), ["200540723"]);
}

#[test]
fn the_cassandra_profile_computes_payment_days_and_numbers_rows() {
    let desk = Desk::new();
    let file = desk.put(
        "invoices.csv",
        "Description,Vendor_Name,Created,Invoice_Date,Due_Date,Amount,Settled,Number_of_Days_until_Payment\n\
         Milk,David Taylor,28-04-2011 11:50,26-Apr-11,26-May-11,672.78,672.78,13\n\
         Copy,James Taylor,27-08-2013 13:26,01-Sep-13,01-Oct-13,151.31,151.31,-5\n\
         Milk,Mark Cordova,24-05-2011 12:56,24-Mar-11,23-Apr-11,7422.78,7000.00,61\n",
    );
    desk.import(&shipped_profile("cassandra-ap"), &[file], 0.0)
        .unwrap();
    assert_eq!(
        desk.rows(
            "invoices",
            &[
                "invoice_id",
                "customer_id",
                "invoice_date",
                "due_date",
                "recorded_at",
                "currency"
            ]
        ),
        [
            "A000000|David Taylor|2011-04-26|2011-05-26|2011-04-28|GBP",
            "A000002|Mark Cordova|2011-03-24|2011-04-23|2011-05-24|GBP",
        ]
    );
    assert_eq!(
        desk.rows("payments", &["payment_id", "invoice_id", "paid_date", "amount"]),
        [
            "P-A000000|A000000|2011-05-09|672.78",
            "P-A000002|A000002|2011-05-24|7422.78"
        ]
    );
}
