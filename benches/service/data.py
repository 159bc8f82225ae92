"""Rows for the service: a large stream of invoices, and questions and payments about a ledger that it has."""

import argparse
import csv
import sys
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import quote

from client import Client

# Days before the last one on which the invoices of the stream were written.
SPAN_DAYS = 1095
# Odd numbers that spread customers and amounts; the stream is the same each time.
SPREAD_CUSTOMERS, SPREAD_CENTS = 7_919, 2_654_435_761
# Business date of each table; customers have none.
DATES = {"invoices": "invoice_date", "payments": "paid_date", "credit_notes": "credit_date",
         "write_offs": "write_off_date", "disputes": "opened_on", "promises": "created_on",
         "instalment_plans": "agreed_on", "actions": "sent_on", "credit_ratings": "score_date", "fx_rates": "rate_date",
         "receipts": "value_date"}
# Lines that are written at once.
LINES = 5_000
# What is asked of an open invoice or of its customer.
QUESTIONS = {"prediction": "/v1/invoices/{invoice}/prediction", "recommendation": "/v1/customers/{customer}/recommendation"}
# What must be owed so that small payments never settle an invoice.
OPEN_MIN = Decimal(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    customers = commands.add_parser("customers", help="customers as NDJSON")
    customers.add_argument("--rows", type=int, required=True)
    invoices = commands.add_parser("invoices", help="invoices as NDJSON")
    invoices.add_argument("--rows", type=int, required=True)
    invoices.add_argument("--customers", type=int, required=True)
    invoices.add_argument("--day", type=date.fromisoformat, required=True)
    ledger = commands.add_parser("ledger", help="a table of a ledger, with the days on which its facts became known")
    ledger.add_argument("table")
    ledger.add_argument("file")
    questions = commands.add_parser("questions", help="URLs of predictions and bodies of payments, for oha")
    for name in ("base", "key", "urls", "bodies", "open"):
        questions.add_argument(f"--{name}", required=True)
    questions.add_argument("--day", required=True)
    questions.add_argument("--query", default="", help="what every question asks beside, such as ?reasons=true")
    questions.add_argument("--of", choices=sorted(QUESTIONS), default="prediction", help="what is asked for")
    questions.add_argument("--invoices", type=int, required=True)
    questions.add_argument("--payments", type=int, required=True)
    arguments = parser.parse_args()
    if arguments.command == "customers":
        write(customer_line(number) for number in range(arguments.rows))
    elif arguments.command == "invoices":
        write(invoice_lines(arguments.rows, arguments.customers, arguments.day))
    elif arguments.command == "ledger":
        known(arguments.table, arguments.file)
    else:
        ask(arguments)


def customer_line(number: int) -> str:
    return (f'{{"customer_id":"B{number:07}","name":"Customer {number}","country":"DE",'
            f'"party_type":"legal_entity","segment":"sme"}}\n')


def invoice_lines(rows: int, customers: int, last: date):
    """Yields the lines by invoice date, as a source system would list them."""
    texts = [(last - timedelta(days=SPAN_DAYS - day)).isoformat() for day in range(SPAN_DAYS + 91)]
    for number in range(rows):
        day = number * SPAN_DAYS // rows
        cents = 1_000 + number * SPREAD_CENTS % 5_000_000
        yield (f'{{"invoice_id":"V{number:08}","customer_id":"B{number * SPREAD_CUSTOMERS % customers:07}",'
               f'"invoice_date":"{texts[day]}","due_date":"{texts[day + 30]}","amount":"{cents // 100}.{cents % 100:02}",'
               f'"currency":"EUR","payment_terms":"NET30"}}\n')


def write(lines) -> None:
    waiting = []
    for line in lines:
        waiting.append(line)
        if len(waiting) == LINES:
            sys.stdout.write("".join(waiting))
            waiting.clear()
    sys.stdout.write("".join(waiting))


def known(table: str, file: str) -> None:
    """Writes a table as CSV whose rows were known on their business dates, where they do not say another day.

    Without it the service takes today for every fact, and no model can learn from a past that was known today.
    """
    with open(file, newline="") as source:
        rows = csv.DictReader(source)
        names = list(rows.fieldnames or [])
        date_name = DATES.get(table)
        if date_name and "recorded_at" not in names:
            names.append("recorded_at")
        writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            if date_name and not row.get("recorded_at"):
                row["recorded_at"] = row[date_name]
            writer.writerow(row)


def ask(arguments: argparse.Namespace) -> None:
    """Takes open invoices from the service, and writes what oha asks and posts about them."""
    found = open_invoices(Client(arguments.base, arguments.key), arguments.invoices)
    with open(arguments.urls, "w") as urls:
        for invoice, _, _, customer in found:
            path = QUESTIONS[arguments.of].format(invoice=quote(invoice), customer=quote(customer))
            urls.write(f"{arguments.base}{path}{arguments.query}\n")
    with open(arguments.open, "w") as table:
        table.writelines("\t".join(row[:3]) + "\n" for row in found)
    with open(arguments.bodies, "w") as bodies:
        for number in range(arguments.payments):
            invoice, amount, currency, _ = found[number % len(found)]
            bodies.write(f'{{"payment_id":"LOAD-{number:08}","invoice_id":"{invoice}","paid_date":"{arguments.day}",'
                         f'"amount":"{amount}","currency":"{currency}"}}\n')


def open_invoices(client: Client, wanted: int) -> list[tuple[str, str, str, str]]:
    """Returns open invoices, each with the smallest amount of its currency and its customer, spread over the whole list."""
    found, cursor = [], ""
    while True:
        status, page = client.ask("GET", f"/v1/predictions?limit=1000{cursor}")
        if status != 200:
            sys.exit(f"GET /v1/predictions: {status} {page}")
        for row in page["data"]:
            owed = Decimal(row["open_amount"])
            if owed >= OPEN_MIN:
                smallest = Decimal(1).scaleb(owed.as_tuple().exponent)
                found.append((row["invoice_id"], str(smallest), row["currency"], row["customer_id"]))
        if not page.get("next_cursor"):
            break
        cursor = f"&cursor={page['next_cursor']}"
    if not found:
        sys.exit("the ledger has no open invoice")
    step = max(1.0, len(found) / wanted)
    return [found[int(index * step)] for index in range(min(wanted, len(found)))]


if __name__ == "__main__":
    main()
