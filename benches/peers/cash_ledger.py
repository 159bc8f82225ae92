"""A ledger folder of CSV files as a forecaster sees it at a cut-off: truncated tables, weekly cash, open book.

Days are whole numbers since 1970-01-01. Week h of a cut-off is its days 7h-6 to 7h; cut-offs are Sundays, so
that these are the calendar weeks of `duecast forecast --bucket week`.
"""

from pathlib import Path

import numpy as np
import pandas as pd

WEEKS = 13

# The business date of each table: a row is known from it on, or from `recorded_at` if that is later.
BUSINESS_DATE = {
    "invoices": "invoice_date", "payments": "paid_date", "credit_notes": "credit_date",
    "write_offs": "write_off_date", "disputes": "opened_on", "promises": "created_on",
    "instalment_plans": "agreed_on", "actions": "sent_on", "credit_ratings": "score_date",
    "fx_rates": "rate_date", "receipts": "value_date",
}
# Columns that tell how a row ended, with the date from which they may be seen.
OUTCOMES = {"disputes": ("resolved_on", ["resolved_on", "outcome"]), "actions": ("outcome_on", ["outcome_on", "outcome"])}
# Upper ends of the ageing buckets in days past due: not due, 1-30, 31-60, 61-90, over 90.
AGEING = np.array([0, 30, 60, 90])
# An entity has a series of its own from this share of its currency's billing on.
ENTITY_SHARE = 0.05


def day(date: str) -> int:
    """The day number of a date written YYYY-MM-DD."""
    return int(np.datetime64(date, "D").astype(int))


def date(number: int) -> str:
    """The date of a day number."""
    return str(np.datetime64(int(number), "D"))


def days(column: pd.Series) -> np.ndarray:
    """Day numbers; an empty cell is the beginning of time."""
    texts = column.where(column != "", "0001-01-01").str.slice(0, 10)
    return texts.to_numpy(dtype="datetime64[D]").astype(int)


class Ledger:
    """Every table as text, and invoices and cash as arrays."""

    def __init__(self, folder: Path):
        paths = sorted(folder.glob("*.csv"))
        self.tables = {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths}
        missing = {"customers", "invoices", "payments"} - self.tables.keys()
        if missing:
            raise SystemExit(f"{folder}: no {', '.join(sorted(missing))}.csv; a canonical CSV ledger has it")
        self.known = {name: self._known(name) for name in self.tables}
        invoices = self.tables["invoices"]
        self.index = pd.Series(np.arange(len(invoices)), index=invoices["invoice_id"])
        self.invoice_known, self.due = self.known["invoices"], days(invoices["due_date"])
        self.amount = invoices["amount"].astype(float).to_numpy()
        self.paid_invoice, self.paid_day, self.paid_known, self.paid = self._entries("payments")
        ends = [self._entries(name) for name in ("credit_notes", "write_offs") if name in self.tables]
        self.reduced = tuple(np.concatenate(column) for column in zip(*ends)) if ends else None
        self.members = self._series(invoices)

    def _known(self, name: str) -> np.ndarray:
        table = self.tables[name]
        known = np.full(len(table), day("0001-01-01"))
        for column in (BUSINESS_DATE.get(name), "recorded_at"):
            if column in table:
                known = np.maximum(known, days(table[column]))
        return known

    def _entries(self, name: str) -> tuple[np.ndarray, ...]:
        """Invoice, business day, known day and amount of rows on invoices that exist, by business day."""
        table = self.tables[name]
        invoice = self.index.reindex(table["invoice_id"]).to_numpy()
        when = days(table[BUSINESS_DATE[name]])
        order = np.argsort(when, kind="stable")
        order = order[~np.isnan(invoice[order])]
        amounts = table["amount"].astype(float).to_numpy()
        return invoice[order].astype(int), when[order], self.known[name][order], amounts[order]

    def _series(self, invoices: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
        """(currency, entity) to its invoices; an empty entity is the whole currency."""
        members = {}
        currency = invoices["currency"].to_numpy()
        for code in np.unique(currency):
            members[code, ""] = whole = currency == code
            if "entity" not in invoices:
                continue
            entity = invoices["entity"].to_numpy()
            parts = {(code, name): whole & (entity == name) for name in np.unique(entity[whole]) if name}
            floor = ENTITY_SHARE * self.amount[whole].sum()
            parts = {key: part for key, part in parts.items() if self.amount[part].sum() >= floor}
            members |= parts if len(parts) > 1 else {}
        return members

    def truncated(self, cutoff: int, folder: Path) -> Path:
        """Writes what was known at the end of the cut-off; what is there already is the same and stays."""
        if folder.exists():
            return folder
        unfinished = folder.with_name(folder.name + ".unfinished")
        unfinished.mkdir(parents=True, exist_ok=True)
        for name, table in self.tables.items():
            seen = table[self.known[name] <= cutoff].copy()
            when, columns = OUTCOMES.get(name, (None, []))
            if when in seen:
                seen.loc[days(seen[when]) > cutoff, [column for column in columns if column in seen]] = ""
            seen.to_csv(unfinished / f"{name}.csv", index=False)
        return unfinished.rename(folder)

    def weekly_cash(self, key: tuple[str, str], first_day: int, cutoff: int, known_by: int) -> np.ndarray:
        """Cash by week from `first_day`, a Monday, to `cutoff`, as far as it is known."""
        low, high = np.searchsorted(self.paid_day, [first_day, cutoff + 1])
        keep = self.members[key][self.paid_invoice[low:high]] & (self.paid_known[low:high] <= known_by)
        weeks = (self.paid_day[low:high] - first_day) // 7
        return np.bincount(weeks[keep], self.paid[low:high][keep], (cutoff + 1 - first_day) // 7)

    def book(self, cutoff: int, known_by: int) -> "Book":
        """The book open at the cut-off, and what was known by `known_by` of the cash of the weeks after it."""
        count = len(self.amount)
        balance = np.where(self.invoice_known <= cutoff, self.amount, 0.0)
        entries = [(self.paid_invoice, self.paid_known, self.paid)]
        if self.reduced:
            entries.append((self.reduced[0], self.reduced[2], self.reduced[3]))
        for invoice, known, amount in entries:
            seen = (known <= cutoff) & (self.invoice_known[invoice] <= cutoff)
            balance -= np.bincount(invoice[seen], amount[seen], count)
        balance[balance < 0.005] = 0.0
        bucket = np.searchsorted(AGEING, cutoff - self.due)
        low, high = np.searchsorted(self.paid_day, [cutoff + 1, cutoff + 7 * WEEKS + 1])
        seen = np.arange(low, high)[self.paid_known[low:high] <= known_by]
        return Book(self, cutoff, balance, bucket, seen)


class Book:
    """An open book by ageing bucket, and the cash that came after it."""

    def __init__(self, ledger: Ledger, cutoff: int, balance: np.ndarray, bucket: np.ndarray, cash: np.ndarray):
        self.ledger, self.balance, self.bucket = ledger, balance, bucket
        self.invoice, self.paid = ledger.paid_invoice[cash], ledger.paid[cash]
        self.week = (ledger.paid_day[cash] - cutoff - 1) // 7
        self.is_open = balance[self.invoice] > 0

    def by_bucket(self, key: tuple[str, str]) -> np.ndarray:
        """Open amount by ageing bucket."""
        member = self.ledger.members[key]
        return np.bincount(self.bucket[member], self.balance[member], len(AGEING) + 1)

    def collected(self, key: tuple[str, str]) -> np.ndarray:
        """Cash on the open book by ageing bucket and week."""
        keep = self.ledger.members[key][self.invoice] & self.is_open
        cell = self.bucket[self.invoice[keep]] * WEEKS + self.week[keep]
        return np.bincount(cell, self.paid[keep], (len(AGEING) + 1) * WEEKS).reshape(-1, WEEKS)

    def newly_billed(self, key: tuple[str, str]) -> np.ndarray:
        """Cash by week on all that was not open: invoices of later, and what comes on settled ones."""
        keep = self.ledger.members[key][self.invoice] & ~self.is_open
        return np.bincount(self.week[keep], self.paid[keep], WEEKS)
