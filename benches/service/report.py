"""Reads what a run has left behind and prints it as tables; ends with 1 when a promise is broken."""

import argparse
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from watch import COLUMNS

MIB = 1 << 20
# The promises of the service.
PREDICTION_P99_MS, POST_P99_MS, BULK_ROWS_A_SECOND = 10.0, 50.0, 20_000
# Growth of memory over a soak that is told from noise and counts: as a share of what is used.
GROWTH_SHARE_MAX = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    upload_of = commands.add_parser("upload", help="the answer to a stream of rows")
    for name in ("table", "answer", "time"):
        upload_of.add_argument(name)
    for name, what in (("load", "a load run"), ("soak", "a soak"), ("bulk", "a bulk run")):
        command = commands.add_parser(name, help=what)
        for option in ("store", "folder", "shutdown"):
            command.add_argument(f"--{option}", required=True)
        for option in ("rows",) if name == "bulk" else ("predictions", "posts", "seconds"):
            command.add_argument(f"--{option}", type=int, required=True)
        if name == "soak":
            command.add_argument("--settled-after", type=float, required=True)
    arguments = parser.parse_args()
    if arguments.command == "upload":
        return upload(arguments)
    folder = Path(arguments.folder)
    print(f"\n{arguments.command} on {arguments.store}: {os.cpu_count()} cores, files on {file_system(folder)}")
    broken = {"load": load, "soak": soak, "bulk": bulk}[arguments.command](arguments, folder)
    levels = log_levels(folder / "server.log")
    print(f"log: {levels['WARN']} warnings, {levels['ERROR']} errors, {levels['panic']} panics; "
          f"shutdown {arguments.shutdown}")
    if arguments.shutdown != "in order" or levels["ERROR"] or levels["panic"]:
        broken.append("the log has errors, or the service did not end in order")
    print("verdict: " + ("; ".join(broken) if broken else "every promise holds"))
    return 1 if broken else 0


# ---- what the runs have in common

def table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        cells = [cell.ljust(width) if not column else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())
    print()


def file_system(folder: Path) -> str:
    asked = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "an unknown file system"


def log_levels(file: Path) -> Counter:
    levels: Counter = Counter()
    with open(file, errors="replace") as log:
        for line in log:
            found = re.search(r'"level":"(\w+)"', line)
            levels[found[1] if found else "other"] += 1
            levels["panic"] += "panicked at" in line
    return levels


def samples_of(file: Path) -> list[dict[str, float | None]]:
    lines = file.read_text().splitlines()[1:]
    return [{name: float(cell) if cell else None for name, cell in zip(COLUMNS, line.split("\t"))} for line in lines]


def mib(size: float | None) -> str:
    return "-" if size is None else f"{size / MIB:,.1f}"


class Shots:
    """What oha has measured of one kind of request."""

    def __init__(self, name: str, file: Path, planned: int):
        found = json.loads(file.read_text())
        self.name, self.planned = name, planned
        self.statuses = {int(status): count for status, count in found["statusCodeDistribution"].items()}
        self.failures = found["errorDistribution"]
        self.answered = sum(self.statuses.values())
        self.good = sum(count for status, count in self.statuses.items() if 200 <= status < 300)
        self.seconds = found["summary"]["total"]
        # What was never answered has no time.
        times = found["latencyPercentiles"] | {"max": found["summary"]["slowest"]}
        self.ms = {name: 1_000 * times[name] if self.answered and times[name] is not None else None
                   for name in ("p50", "p95", "p99", "p99.9", "max")}

    def errors(self) -> int:
        """Everything that was planned and not answered with a 2xx."""
        return max(self.planned, self.answered + sum(self.failures.values())) - self.good

    def row(self) -> list[str]:
        times = ["-" if value is None else f"{value:.2f}" for value in self.ms.values()]
        return [self.name, f"{self.answered:,}", f"{self.answered / self.seconds:.1f}", f"{self.errors():,}", *times]

    def told(self) -> str:
        parts = [f"{status}: {count:,}" for status, count in sorted(self.statuses.items())]
        parts += [f"{reason}: {count:,}" for reason, count in self.failures.items()]
        return f"{self.name}: " + ", ".join(parts)


def shots_of(arguments: argparse.Namespace, folder: Path) -> list[Shots]:
    shots = [
        Shots("predictions", folder / "predictions.json", arguments.predictions),
        Shots("posts", folder / "posts.json", arguments.posts),
    ]
    table(["request", "answered", "a second", "errors", "p50 ms", "p95 ms", "p99 ms", "p99.9 ms", "max ms"],
          [shot.row() for shot in shots])
    print("statuses: " + "; ".join(shot.told() for shot in shots) + " (a post: 201 new, 200 sent before)")
    return shots


def ledger_growth(folder: Path, posts: Shots, imported: int) -> list[str]:
    """Compares the facts that were acknowledged with those that the ledger has more."""
    before, after = (json.loads((folder / f"{name}.json").read_text())["head"]["sequence"] for name in ("before", "after"))
    acknowledged = posts.statuses.get(201, 0) + imported
    print(f"facts: {acknowledged:,} acknowledged, {after - before:,} more in the ledger")
    # A request that timed out may have been recorded: only facts that are missing are lost.
    return ["acknowledged facts are missing"] if after - before < acknowledged else []


def driven(folder: Path) -> tuple[list[str], int]:
    """Tells what came of the work beside the load; returns what is broken, and the facts it has added."""
    runs = json.loads((folder / "driven.json").read_text())
    broken = []
    for kind in sorted({run["kind"] for run in runs}):
        mine = [run for run in runs if run["kind"] == kind]
        ended = sorted(run["seconds"] for run in mine if run["status"] == "succeeded")
        counts = Counter(run["status"] for run in mine)
        told = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in sorted(counts.items()))
        if ended:
            told += f"; seconds: median {ended[len(ended) // 2]:.1f}, longest {ended[-1]:.1f}"
        print(f"{kind}: {told}")
        bad = [run for run in mine if run["status"] not in ("succeeded", "cut_off")]
        for run in bad[:3]:
            print(f"  {run['status']} (HTTP {run['http']}) {run['code']}: {run['detail']}")
        if bad:
            broken.append(f"{len(bad)} {kind} operations failed")
        elif not mine:
            broken.append(f"no {kind} was started")
    return broken, sum(run.get("added", 0) for run in runs)


def use_of(samples: list[dict], seconds: float) -> None:
    first, last = samples[0], samples[-1]
    cpu = {name: last[name] - first[name] for name in ("cpu", "child_cpu", "busy", "all_cpu")}
    others = cpu["busy"] - cpu["cpu"] - cpu["child_cpu"]
    print(f"CPU seconds in {seconds:.0f} s: service {cpu['cpu']:.1f}, its children {cpu['child_cpu']:.1f}, everything else "
          f"(load generator, PostgreSQL, other work) {others:.1f}; machine busy "
          f"{100 * cpu['busy'] / max(cpu['all_cpu'], 1e-9):.0f} %")


# ---- load

def load(arguments: argparse.Namespace, folder: Path) -> list[str]:
    samples = samples_of(folder / "samples.tsv")
    shots = shots_of(arguments, folder)
    broken, added = driven(folder)
    print(f"memory of the service, MiB: {mib(samples[0]['rss'])} before, {mib(samples[-1]['rss'])} after, "
          f"{mib(max(sample['rss'] for sample in samples))} at most; of its children "
          f"{mib(max(sample['child_rss'] for sample in samples))} at most")
    use_of(samples, samples[-1]["seconds"] - samples[0]["seconds"])
    broken += ledger_growth(folder, shots[1], added)
    for shot, bound in zip(shots, (PREDICTION_P99_MS, POST_P99_MS)):
        if shot.errors():
            broken.append(f"{shot.errors()} errors of {shot.name}")
        if shot.ms["p99"] is None or shot.ms["p99"] >= bound:
            broken.append(f"p99 of {shot.name} is not under {bound:.0f} ms")
        if shot.seconds > 1.02 * arguments.seconds + 1:
            broken.append(f"the rate of {shot.name} was not kept up")
    return broken


# ---- soak

def soak(arguments: argparse.Namespace, folder: Path) -> list[str]:
    samples = samples_of(folder / "samples.tsv")
    shots = shots_of(arguments, folder)
    broken, added = driven(folder)
    print()
    chosen = samples[:: math.ceil(len(samples) / 20)]
    if chosen[-1] is not samples[-1]:
        chosen.append(samples[-1])
    table(["second", "memory MiB", "children MiB", "open files", "store MiB", "cache MiB", "facts"],
          [[f"{row['seconds']:.0f}", mib(row["rss"]), mib(row["child_rss"]), f"{row['files']:.0f}", mib(row["store"]),
            mib(row["cache"]), "-" if row["facts"] is None else f"{row['facts']:,.0f}"] for row in chosen])
    use_of(samples, samples[-1]["seconds"] - samples[0]["seconds"])
    broken += ledger_growth(folder, shots[1], added)
    broken += [f"{shot.errors()} errors of {shot.name}" for shot in shots if shot.errors()]
    # At the last sample the load is over and its connections are closed.
    settled = [row for row in samples[:-1] if row["seconds"] >= arguments.settled_after]
    return broken + growth(settled)


def growth(samples: list[dict]) -> list[str]:
    """Tells how memory and open files grow once all caches are warm."""
    if len(samples) < 10:
        print("growth: too few samples after the start to say")
        return ["growth is not known"]
    broken = []
    hours = [row["seconds"] / 3_600 for row in samples]
    window = hours[-1] - hours[0]
    for name, column, unit, label in (("memory", "rss", MIB, "MiB"), ("open files", "files", 1, "")):
        values = [row[column] / unit for row in samples]
        slope, half_width = regression(hours, values)
        mean = sum(values) / len(values)
        low, high = (slope - half_width) * window, (slope + half_width) * window
        print(f"growth of {name} from second {samples[0]['seconds']:.0f}: {slope:+,.1f} {label} an hour "
              f"(95 %: {slope - half_width:+,.1f} to {slope + half_width:+,.1f}), {low:+,.1f} to {high:+,.1f} in the "
              f"{60 * window:.0f} minutes watched, on {mean:,.1f}")
        if low > GROWTH_SHARE_MAX * mean:
            broken.append(f"growth of {name} is more than {100 * GROWTH_SHARE_MAX:.0f} % in the time watched")
    return broken


def regression(x: list[float], y: list[float]) -> tuple[float, float]:
    """Returns the least-squares slope and half the width of its 95 % interval.

    Samples that follow each other are alike, so that they count for less: the error is widened by their first
    autocorrelation. From ten samples on Student's quantile is told from 2 by its first term alone.
    """
    count, mean_x, mean_y = len(x), sum(x) / len(x), sum(y) / len(y)
    spread = sum((value - mean_x) ** 2 for value in x)
    slope = sum((one - mean_x) * (other - mean_y) for one, other in zip(x, y)) / spread
    rest = [other - mean_y - slope * (one - mean_x) for one, other in zip(x, y)]
    squares = sum(value**2 for value in rest)
    if squares == 0:
        return slope, 0.0
    alike = min(max(sum(one * other for one, other in zip(rest, rest[1:])) / squares, 0.0), 0.95)
    error = math.sqrt(squares / (count - 2) / spread * (1 + alike) / (1 - alike))
    return slope, (1.96 + 2.4 / (count - 2)) * error


# ---- bulk

def upload(arguments: argparse.Namespace) -> int:
    """Prints the summary of a stream as JSON; ends with 1 when it broke off or a row was rejected."""
    last, rejected = b"", []
    with open(arguments.answer, "rb") as answer:
        for line in answer:
            last = line
            if len(rejected) < 3 and b'"rejected","errors"' in line:
                rejected.append(line.decode().strip())
    told = json.loads(last) if last else {}
    if "summary" not in told or told["summary"]["rejected"]:
        print(f"{arguments.table}: {json.dumps(told)[:500]} {' '.join(rejected)}", file=sys.stderr)
        return 1
    seconds = float(Path(arguments.time).read_text())
    print(json.dumps({"table": arguments.table, "seconds": seconds} | told["summary"]))
    return 0


def bulk(arguments: argparse.Namespace, folder: Path) -> list[str]:
    rows, broken = [], []
    for run in ("first", "again"):
        told = json.loads((folder / f"{run}.json").read_text())
        samples = samples_of(folder / f"{run}.tsv")
        quarters = [samples[index * len(samples) // 4: (index + 1) * len(samples) // 4] for index in range(4)]
        peaks = [mib(max((row["rss"] for row in quarter), default=None)) for quarter in quarters]
        cpu = samples[-1]["cpu"] - samples[0]["cpu"]
        rate = told["rows"] / told["seconds"]
        rows.append([run, f"{told['rows']:,}", f"{told['added']:,}", f"{told['unchanged']:,}", f"{told['seconds']:.1f}",
                     f"{rate:,.0f}", f"{cpu:.1f}", mib(samples[0]["rss"]), *peaks, mib(samples[-1]["store"]),
                     mib(samples[-1]["cache"])])
        wanted = "added" if run == "first" else "unchanged"
        if told["rows"] != arguments.rows or told[wanted] != arguments.rows:
            broken.append(f"{run}: not all {arguments.rows:,} rows are {wanted}")
        if run == "first" and rate < BULK_ROWS_A_SECOND:
            broken.append(f"{rate:,.0f} rows a second are fewer than {BULK_ROWS_A_SECOND:,}")
    table(["run", "rows", "added", "unchanged", "seconds", "rows/s", "CPU s", "MiB before", "peak 1st quarter", "2nd",
           "3rd", "4th", "store MiB", "cache MiB"], rows)
    return broken


if __name__ == "__main__":
    sys.exit(main())
