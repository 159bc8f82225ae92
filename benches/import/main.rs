//! Speed of imports: `cargo bench --bench import` prints seconds, rows a second and peak memory.
//!
//! A CSV file of 10 million rows becomes a Parquet ledger through the canonical profile (`-- 1000000` takes fewer), and
//! 100,000 entries of a bank statement are read alone (`read`) and imported (`camt`). Each task runs in a process of its own, so that its peak
//! memory is its own. The files are made once into `target/tmp`.
//!
//! `-- flat` imports a file that is larger than is taken in memory, of 40 million rows (`-- flat 80000000` takes more): its
//! peak memory must not grow with the rows.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use duecast::history::{ImportRequest, OpenOptions, Profile, import};
use duecast::source;

const CSV_ROWS: u64 = 10_000_000;
const ENTRIES: u64 = 100_000;
/// About 2.5 GB.
const FLAT_ROWS: u64 = 40_000_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    if let [task, rows] = arguments.as_slice() {
        return run(task, rows.parse()?);
    }
    if arguments.iter().any(|task| task == "flat") {
        return run("flat", FLAT_ROWS);
    }
    let rows = match arguments.as_slice() {
        [] => CSV_ROWS,
        [rows, ..] => rows.parse().context("the number of rows")?,
    };
    for (task, rows) in [("csv", rows), ("read", ENTRIES), ("camt", ENTRIES)] {
        let status = Command::new(std::env::current_exe()?)
            .args([task, &rows.to_string()])
            .status()?;
        ensure!(status.success(), "{task} failed");
    }
    Ok(())
}

/// Times one import, in this process.
fn run(task: &str, rows: u64) -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import");
    fs::create_dir_all(&folder)?;
    if task == "read" {
        return read(&made(
            &folder.join(format!("statement-{rows}.xml")),
            rows,
            write_camt,
        )?);
    }
    let (profile, input) = match task {
        "csv" | "flat" => (
            "canonical",
            made(&folder.join(format!("invoices-{rows}.csv")), rows, write_csv)?,
        ),
        "camt" => (
            "camt",
            made(&folder.join(format!("statement-{rows}.xml")), rows, write_camt)?,
        ),
        other => anyhow::bail!("no such task: {other}; allowed are csv, flat, read and camt"),
    };
    let ledger = tempfile::tempdir_in(&folder)?;
    let profile = Profile::load(profile)?;
    let start = Instant::now();
    let outcome = import(
        &ImportRequest {
            profile: &profile,
            inputs: std::slice::from_ref(&input),
            ledger: &ledger.path().join("ledger"),
            max_reject_share: OpenOptions::MAX_REJECT_SHARE,
            recorded_at: None,
        },
        &|_, _| {},
    )?;
    let seconds = start.elapsed().as_secs_f64();
    let added: u64 = outcome.added.values().sum();
    println!(
        "{task:<5} {rows:>9} rows of {:>6} MB, {added:>9} added, {seconds:>7.2} s, {:>9.0} rows/s, peak {:>6} MiB",
        fs::metadata(&input)?.len() / 1_000_000,
        f64::from(u32::try_from(rows)?) / seconds,
        peak_kib()? / 1024
    );
    Ok(())
}

/// Times the reading of a statement alone: bytes to rows.
fn read(statement: &Path) -> Result<()> {
    let start = Instant::now();
    let mut rows = source::open(statement, "statement", &source::Options::default())?;
    let mut row = source::SourceRow::default();
    let mut count = 0_u32;
    while rows.next_row(&mut row)? {
        count += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "read  {count:>9} entries to rows, {seconds:>7.2} s, {:>9.0} rows/s, peak {:>6} MiB",
        f64::from(count) / seconds,
        peak_kib()? / 1024
    );
    Ok(())
}

/// Makes a file unless it is there.
fn made(path: &Path, rows: u64, write: fn(&mut dyn Write, u64) -> Result<()>) -> Result<PathBuf> {
    if !path.try_exists()? {
        let half = path.with_extension("half");
        let mut file = BufWriter::new(File::create(&half)?);
        write(&mut file, rows)?;
        file.flush()?;
        fs::rename(&half, path)?;
    }
    Ok(path.to_path_buf())
}

fn write_csv(file: &mut dyn Write, rows: u64) -> Result<()> {
    writeln!(
        file,
        "invoice_id,customer_id,invoice_date,due_date,amount,currency,payment_terms"
    )?;
    for row in 0..rows {
        let (month, day) = (row / 28 % 12 + 1, row % 28 + 1);
        writeln!(
            file,
            "INV{row:09},C{:06},2025-{month:02}-{day:02},2026-{month:02}-{day:02},{}.{:02},EUR,NET30",
            row * 7_919 % 100_000,
            row * 31 % 90_000 + 1,
            row % 100
        )?;
    }
    Ok(())
}

fn write_camt(file: &mut dyn Write, entries: u64) -> Result<()> {
    let cents = entries * 1_250;
    let balance = |kind: &str, amount: String| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>"
        )
    };
    writeln!(
        file,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>LARGE</Id>\n\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>\n{}{}",
        balance("OPBD", "0.00".to_owned()),
        balance("CLBD", format!("{}.{:02}", cents / 100, cents % 100))
    )?;
    for entry in 0..entries {
        writeln!(
            file,
            "<Ntry><Amt Ccy=\"EUR\">12.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt>\
             <AcctSvcrRef>REF{entry}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>\
             <SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E{entry}</EndToEndId>\
             </Refs><RltdPties><Dbtr><Pty><Nm>Customer {entry}</Nm></Pty></Dbtr><DbtrAcct><Id>\
             <IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>Invoice {entry}</Ustrd></RmtInf>\
             </TxDtls></NtryDtls></Ntry>"
        )?;
    }
    writeln!(file, "</Stmt></BkToCstmrStmt></Document>")?;
    Ok(())
}

/// The largest memory that this process has had, in KiB.
fn peak_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line
        .and_then(|line| line.split_whitespace().nth(1))
        .context("VmHWM")?;
    Ok(number.parse()?)
}
