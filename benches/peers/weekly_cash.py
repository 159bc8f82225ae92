"""Weekly cash: duecast beside statistical forecasters of the cash series, on one ledger, at rolling cut-offs.

Two targets: `all` is every receipt of the week, on invoices not yet written too; `open_book` is the cash on
the invoices open at the cut-off. The README says how to run it and what is compared.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import cash_score
from cash_ledger import WEEKS, Ledger, date, day
from cash_peers import NaivePeers, statistical

TARGETS = {"all": ["roll_rates", "last_four_weeks", "seasonal_naive"], "open_book": ["roll_rates_book"]}
NOT_TOP_DOWN = {cash_score.DUECAST, "roll_rates"}


@dataclass(frozen=True)
class Protocol:
    """Cut-offs are Sundays. Between `series_from`, a Monday, and `trusted_to` the ledger has all the cash."""

    series_from: str
    tune: tuple[str, str]
    score: tuple[str, str]
    trusted_to: str

    def cutoffs(self, part: str, stride_weeks: int) -> list[int]:
        """Day numbers of one part, first to last."""
        first, last = map(day, getattr(self, part))
        return list(range(first, last + 1, 7 * stride_weeks))

    def check(self) -> None:
        """Refuses a cut-off whose horizon is not wholly in the trusted time: a ledger that ends looks like no cash."""
        sundays = [*self.tune, *self.score, self.trusted_to]
        if any(day(text) % 7 != 3 for text in sundays) or day(self.series_from) % 7 != 4:
            raise SystemExit(f"cut-offs and trusted_to must be Sundays, series_from a Monday: {self}")
        if day(self.tune[1]) >= day(self.score[0]):
            raise SystemExit(f"tuning ends on {self.tune[1]}, not before scoring begins on {self.score[0]}")
        if day(self.score[1]) + 7 * WEEKS > day(self.trusted_to):
            raise SystemExit(f"{WEEKS} weeks after {self.score[1]} reach beyond {self.trusted_to}, the last trusted day")


PROTOCOLS = {
    # Its first invoices are of late December, so cash is whole from mid-February on. Nothing billed after
    # 2019-11-18 is in it, and nothing that was billed in 2019 and paid in 2020: its last weeks run dry.
    "food_supplier": Protocol(
        "2019-02-11", ("2019-04-14", "2019-05-26"), ("2019-06-02", "2019-08-18"), "2019-11-17"),
    # Billing from 2012-01-03 to 2013-06-27, terms of 30 days.
    "ninety_customers": Protocol(
        "2012-02-13", ("2012-09-02", "2012-12-23"), ("2012-12-30", "2013-03-24"), "2013-06-23"),
    # Thin before 2014. One invoice of 10.7 million, a hundred weeks' cash, is paid in the week after 2016-03-20
    # and would be the whole score.
    "one_payer": Protocol(
        "2014-01-06", ("2015-03-01", "2015-08-30"), ("2015-09-06", "2015-12-20"), "2016-03-20"),
}


def simulated_protocol(ledger: Ledger) -> Protocol:
    """For a ledger of `duecast simulate`: a quarter to fill up, 26 scoring cut-offs at its end, 13 to tune before."""
    first, last = int(ledger.invoice_known.min()), int(ledger.invoice_known.max())
    end = last - (last - 3) % 7
    start = first + 7 * WEEKS
    start += (4 - start) % 7
    score_to = end - 7 * WEEKS
    score = score_to - 7 * 25
    return Protocol(date(start), (date(score - 7 * 13), date(score - 7)), (date(score), date(score_to)), date(end))


class Duecast:
    """The binary at the cut-offs. What it wrote stays in the work folder and is not made again."""

    def __init__(self, binary: str, work: Path, train_weeks: int, model: str | None):
        self.binary, self.work, self.train_weeks, self.model = binary, work, train_weeks, model
        self.calibrates = "calibrate" in self._help()
        self.groups = "--group-by" in self._help("forecast")

    def _help(self, *command: str) -> str:
        return subprocess.run([self.binary, *command, "--help"], check=True, capture_output=True, text=True).stdout

    def _run(self, *arguments: object, may_fail: bool = False) -> None:
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode and not may_fail:
            raise SystemExit(f"duecast {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        if done.returncode:
            print(f"note: duecast {arguments[0]} gave up: {done.stderr.strip()}", file=sys.stderr)

    def _train(self, ledger: Ledger, cutoff: int) -> Path:
        model = self.work / "models" / date(cutoff)
        if model.exists():
            return model
        unfinished = model.with_name(model.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        known = ["--ledger", ledger.truncated(cutoff, self.work / "ledgers" / date(cutoff)), "--as-of", date(cutoff)]
        which = ["--model", self.model] if self.model else []
        self._run("train", *known, "--out", unfinished, *which)
        if self.calibrates:
            self._run("calibrate", *known, "--model", unfinished, may_fail=True)
        return unfinished.rename(model)

    def forecast(self, ledger: Ledger, cutoff: int, first: int, by_entity: bool) -> dict:
        """The forecast at the cut-off, by the model last trained since the first one."""
        as_of = date(cutoff)
        out = self.work / "forecasts" / f"{as_of}.json"
        if out.exists():
            return json.loads(out.read_text())
        model = self._train(ledger, cutoff - (cutoff - first) % (7 * self.train_weeks))
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = ledger.truncated(cutoff, self.work / "ledgers" / as_of)
        groups = ["--group-by", "entity"] if self.groups and by_entity else []
        self._run("forecast", "--ledger", folder, "--as-of", as_of, "--model", model, "--bucket", "week",
                  "--horizon-days", 7 * WEEKS, *groups, "--out", out)
        return json.loads(out.read_text())


def read_forecast(forecast: dict, cutoff: int, layers: str) -> dict[tuple[str, str], np.ndarray]:
    """Mean, P10, P50 and P90 by week of each series. All layers where the file has them, else the open book."""
    found: dict[tuple[str, str], np.ndarray] = {}
    seen = set()
    for row in forecast["buckets"]:
        key = row["currency"], row.get("group") or ""
        week = (day(row["bucket_end"]) - cutoff) // 7 - 1
        if (key, week) in seen:  # the totals come first; a group without a name has none here
            continue
        seen.add((key, week))
        whole = layers == "all" and "total" in row
        names = ["total", "total_p10", "total_p50", "total_p90"] if whole else ["expected", "p10", "p50", "p90"]
        found.setdefault(key, np.zeros((WEEKS, 4)))[week] = [float(row[name]) for name in names]
    return found


def forecast_all(ledger: Ledger, protocol: Protocol, duecast: Duecast | None, stride_weeks: int) -> pd.DataFrame:
    """Every forecast of every method beside the actual cash."""
    first_day, end = day(protocol.series_from), int(max(ledger.paid_known.max(), ledger.paid_day.max()))
    naive = NaivePeers(ledger, first_day)
    by_entity = any(entity for _, entity in ledger.members)
    tune, score = (protocol.cutoffs(part, stride_weeks) for part in ("tune", "score"))
    frames = []
    for number, cutoff in enumerate(cutoffs := [*tune, *score]):
        print(f"{date(cutoff)} ({number + 1} of {len(cutoffs)})", file=sys.stderr, flush=True)
        ours = duecast.forecast(ledger, cutoff, cutoffs[0], by_entity) if duecast else None
        fitted = statistical(ledger, first_day, cutoff)
        for target, methods in TARGETS.items():
            asked = {name: {key: naive.forecast(name, cutoff, key) for key in ledger.members} for name in methods}
            asked |= fitted if target == "all" else {}
            if ours:
                asked = {cash_score.DUECAST: read_forecast(ours, cutoff, target)} | asked
            for key in ledger.members:
                known = {"actual": naive.actual(methods[0], cutoff, end, key), "week": np.arange(1, WEEKS + 1),
                         "target": target, "part": "tune" if cutoff in tune else "score", "cutoff": cutoff,
                         "series": cash_score.label(key)}
                for method, forecasts in asked.items():
                    # A currency without an open invoice has no rows; a binary that cannot group has no entities.
                    if method == cash_score.DUECAST and key not in forecasts and key[1] and not duecast.groups:
                        continue
                    rows = forecasts.get(key, np.zeros((WEEKS, len(cash_score.FORECAST))))
                    frames.append(pd.DataFrame(rows, columns=cash_score.FORECAST).assign(method=method, **known))
    return pd.concat(frames, ignore_index=True)


def main() -> None:
    """Forecasts, scores and combines; tables to the screen, every row to the output folder."""
    parser = argparse.ArgumentParser(description="Weekly cash of duecast beside statistical forecasters.")
    parser.add_argument("ledger", type=Path, help="folder of a ledger in canonical CSV form, whole")
    parser.add_argument("--protocol", choices=[*PROTOCOLS, "simulated"], default="simulated", help="which cut-offs")
    parser.add_argument("--work", type=Path, required=True, help="folder for truncated ledgers, models and forecasts")
    parser.add_argument("--out", type=Path, required=True, help="folder for forecasts.csv, scores.csv and weights.csv")
    parser.add_argument("--stride-weeks", type=int, default=1, help="weeks from cut-off to cut-off [default: 1]")
    parser.add_argument("--train-weeks", type=int, default=int(os.environ.get("DUECAST_TRAIN_WEEKS", "4")),
                        help="weeks between trainings [default: $DUECAST_TRAIN_WEEKS or 4]")
    parser.add_argument("--model", help="model for `duecast train` [default: its own]")
    parser.add_argument("--peers-only", action="store_true", help="leave duecast out")
    for name in ("tune", "score"):
        parser.add_argument(f"--{name}", nargs=2, metavar=("FIRST", "LAST"), help=f"other {name} cut-offs, Sundays")
    options = parser.parse_args()
    ledger = Ledger(options.ledger)
    protocol = PROTOCOLS.get(options.protocol) or simulated_protocol(ledger)
    changed = {name: tuple(getattr(options, name)) for name in ("tune", "score") if getattr(options, name)}
    protocol = replace(protocol, **changed)
    protocol.check()
    duecast = None
    if not options.peers_only:
        duecast = Duecast(os.environ.get("DUECAST", "duecast"), options.work, options.train_weeks, options.model)
    forecasts = forecast_all(ledger, protocol, duecast, options.stride_weeks)

    whole = forecasts[forecasts["target"] == "all"]
    top_down = [method for method in whole["method"].unique() if method not in NOT_TOP_DOWN]
    partner = cash_score.best_partner(whole, top_down, day(protocol.score[0]))
    combination = None
    if duecast:
        combined, weights = cash_score.combine(whole, partner)
        forecasts = pd.concat([forecasts, combined], ignore_index=True)
        combination = cash_score.report_combination(forecasts[forecasts["target"] == "all"], weights, partner)
        weights["cutoff"] = weights["cutoff"].map(date)
    card = cash_score.scorecard(forecasts)

    options.out.mkdir(parents=True, exist_ok=True)
    forecasts.assign(cutoff=forecasts["cutoff"].map(date)).to_csv(options.out / "forecasts.csv", index=False)
    card.to_csv(options.out / "scores.csv", index=False)
    print(f"# {options.protocol}\n\n{protocol}\n\nBest top-down method in the tuning weeks: {partner}.")
    for target in TARGETS:
        for series in card.loc[card["target"] == target, "series"].unique():
            print(f"\n## {target}, {series}\n\n{cash_score.report(card, target, series)}")
    if combination:
        weights.to_csv(options.out / "weights.csv", index=False)
        print(f"\n## duecast and {partner} combined\n\n{combination}")


if __name__ == "__main__":
    main()
