"""The as-of join of a feature pipeline in DuckDB and in pandas, on the ledger of `benches/flow.rs`.

For every invoice: how many invoices its customer had paid in full, and the sum and the sum of squares of
their days past due, as far as that was known before the invoice's date. It is the least that any feature of
payment behaviour starts from, and only a part of what `duecast` replays in its task `features_10m`.

Both peers write the same Parquet file, and the run fails if a single invoice differs.
"""

import argparse
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path

FEATURES = ["paid", "days_past_due_sum", "days_past_due_squares"]

# Instalments come first: an invoice is paid when its payments reach its amount, and that is known when the
# last of them is. Days are summed before they are added up over time, so that the as-of join finds one row.
# The casts: DuckDB sums integers into 128 bits, which Parquet would keep as floats.
DUCKDB_QUERY = """
copy (
    with payment as (
        select invoice_id, max(paid_date) as paid_date, max(known_on) as known_on, sum(amount_minor) as amount
        from read_parquet('{payments}')
        group by invoice_id
    ), settlement as (
        select customer_id, payment.known_on, payment.paid_date - due_date as days_past_due
        from payment join read_parquet('{invoices}') as invoice using (invoice_id)
        where amount >= amount_minor
    ), day as (
        select customer_id, known_on, count(*) as paid,
            sum(days_past_due)::bigint as days_past_due_sum,
            sum(days_past_due * days_past_due)::bigint as days_past_due_squares
        from settlement
        group by customer_id, known_on
    ), history as (
        select customer_id, known_on, {sums}
        from day
        window so_far as (partition by customer_id order by known_on)
    )
    select invoice_id, {features}
    from read_parquet('{invoices}') as invoice
    asof left join history
        on invoice.customer_id = history.customer_id and invoice.invoice_date > history.known_on
) to '{output}' (format parquet)
"""


def run_duckdb(ledger: Path, output: Path) -> None:
    """Reads, joins and writes in one statement, with rows in any order, which is its faster way."""
    import duckdb

    with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(DUCKDB_QUERY.format(
            invoices=ledger / "invoices.parquet",
            payments=ledger / "payments.parquet",
            output=output,
            sums=", ".join(f"(sum({name}) over so_far)::bigint as {name}" for name in FEATURES),
            features=", ".join(f"coalesce({name}, 0) as {name}" for name in FEATURES),
        ))


def run_pandas(ledger: Path, output: Path) -> None:
    """The same in data frames. Customers are categories: joining by strings costs pandas more."""
    import pandas as pd
    import pyarrow.parquet as pq

    def read(table: str, *columns: str) -> pd.DataFrame:
        path = ledger / f"{table}.parquet"
        arrow = pq.read_table(path, columns=list(columns), read_dictionary=["customer_id"])
        return arrow.to_pandas(date_as_object=False)

    def history(invoices: pd.DataFrame) -> pd.DataFrame:
        payments = read("payments", "invoice_id", "paid_date", "known_on", "amount_minor")
        whole = {"paid_date": "max", "known_on": "max", "amount_minor": "sum"}
        payments = payments.groupby("invoice_id", sort=False).agg(whole).reset_index()
        billed = invoices.drop(columns="invoice_date")
        settled = payments.merge(billed, on="invoice_id", suffixes=("_paid", ""))
        settled = settled[settled["amount_minor_paid"] >= settled["amount_minor"]]
        late = (settled["paid_date"] - settled["due_date"]).dt.days
        days = settled[["customer_id", "known_on"]].assign(**dict(zip(FEATURES, (1, late, late**2))))
        days = days.sort_values("known_on")
        # Several rows of one day do no harm: merge_asof takes the last, which has the whole day in it.
        days[FEATURES] = days.groupby("customer_id", sort=False, observed=True)[FEATURES].cumsum()
        return days

    invoices = read("invoices", "invoice_id", "customer_id", "invoice_date", "due_date", "amount_minor")
    past = history(invoices)
    asked = invoices[["invoice_id", "customer_id", "invoice_date"]].sort_values("invoice_date")
    strictly_before = {"left_on": "invoice_date", "right_on": "known_on", "allow_exact_matches": False}
    table = pd.merge_asof(asked, past, by="customer_id", **strictly_before)[["invoice_id", *FEATURES]]
    table.fillna(0).astype(dict.fromkeys(FEATURES, "int64")).to_parquet(output, index=False)


# What to run, and the libraries to load before the clock starts.
PEERS = {"duckdb": (run_duckdb, ["duckdb"]), "pandas": (run_pandas, ["pandas", "pyarrow.parquet"])}


def measure(peer: str, ledger: Path, output: Path) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds (user and system, all threads) and peak MiB, as `benches/flow.rs` takes them:
    the time of the work without the start of the process, the peak of the whole process."""
    run, libraries = PEERS[peer]
    for library in libraries:
        import_module(library)
    wall_before, cpu_before = time.perf_counter(), time.process_time()
    run(ledger, output)
    wall, cpu = time.perf_counter() - wall_before, time.process_time() - cpu_before
    peak_kib = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    return wall, cpu, int(peak_kib) // 1024


def checksum(output: Path) -> tuple[int, ...]:
    """Rows, the sum of each feature, and a sum of row hashes, which sees every row but not their order."""
    import duckdb

    sums = ", ".join(f"sum({name})" for name in FEATURES)
    row_hash = f"hash(invoice_id, {', '.join(FEATURES)})"
    query = f"select count(*), {sums}, sum({row_hash}) from read_parquet('{output}')"
    return duckdb.execute(query).fetchone()


def main() -> None:
    """Runs each peer in a new process, so that its peak memory is its own, then compares what they wrote."""
    parser = argparse.ArgumentParser(description="As-of features in DuckDB and pandas: time and memory.")
    parser.add_argument("ledger", type=Path, help="folder with invoices.parquet and payments.parquet")
    ledger = parser.parse_args().ledger
    if not (ledger / "invoices.parquet").is_file():
        parser.error(f"no invoices.parquet in {ledger}; the README says how to simulate a ledger")
    new_process = multiprocessing.get_context("spawn")
    checksums = {}
    print(f"{'peer':<8} {'rows':>10} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for peer in PEERS:
            output = Path(folder) / f"{peer}.parquet"
            with ProcessPoolExecutor(max_workers=1, mp_context=new_process) as process:
                wall, cpu, peak = process.submit(measure, peer, ledger, output).result()
            checksums[peer] = checksum(output)
            print(f"{peer:<8} {checksums[peer][0]:>10} {wall:>8.2f} {cpu:>8.2f} {peak:>9}", flush=True)
    for peer, sums in checksums.items():
        print(f"checksum {peer}: {' '.join(map(str, sums))}")
    assert len(set(checksums.values())) == 1, "the peers disagree"


if __name__ == "__main__":
    main()
