"""Samples a running service until it is told to end: memory, CPU time, open files, sizes on disk, facts.

Reads /proc, so it runs on Linux.
"""

import argparse
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from client import Client

PAGE, TICK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
COLUMNS = ["seconds", "rss", "child_rss", "files", "cpu", "child_cpu", "busy", "all_cpu", "store", "cache", "facts"]


def stat_of(pid: int) -> list[str]:
    """Returns the fields of /proc/PID/stat behind the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def children_of(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def process(pid: int) -> dict[str, float]:
    """Returns memory in bytes and CPU seconds of the process and of its children, ended ones included."""
    fields = stat_of(pid)
    cpu, child_cpu, child_rss = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14]), 0
    for child in children_of(pid):
        try:
            theirs = stat_of(child)
        except OSError:
            continue
        child_cpu += sum(int(ticks) for ticks in theirs[11:15])
        child_rss += int(theirs[21]) * PAGE
    return {
        "rss": int(fields[21]) * PAGE,
        "child_rss": child_rss,
        "files": len(os.listdir(f"/proc/{pid}/fd")),
        "cpu": cpu / TICK,
        "child_cpu": child_cpu / TICK,
    }


def machine() -> dict[str, float]:
    """Returns the CPU seconds of the whole machine, busy ones and all."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return {"busy": (sum(ticks) - ticks[3] - ticks[4]) / TICK, "all_cpu": sum(ticks) / TICK}


def size_of(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return total


def store_size(url: str) -> int | None:
    """Returns the bytes of the store, its log included; none where PostgreSQL cannot be asked."""
    if url.startswith("sqlite:"):
        path = Path(url.removeprefix("sqlite:"))
        return sum(file.stat().st_size for file in path.parent.glob(path.name + "*") if file.exists())
    if not shutil.which("psql"):
        return None
    asked = ["psql", url, "-Atc", "select pg_database_size(current_database())"]
    answer = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
    return int(answer.stdout) if answer.returncode == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--every", type=float, required=True)
    for name in ("store", "cache", "base", "key", "out"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    client = Client(arguments.base, arguments.key)
    is_over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    begun = time.monotonic()
    with open(arguments.out, "w") as out:
        out.write("\t".join(COLUMNS) + "\n")
        number = 0
        while True:
            # The last sample is that of the end.
            is_last = is_over.is_set()
            sample = {"seconds": round(time.monotonic() - begun, 3)} | machine()
            try:
                sample |= process(arguments.pid)
            except OSError:
                break
            # What is slow to ask is asked every ten seconds.
            if is_last or number % max(1, round(10 / arguments.every)) == 0:
                status, answer = client.ask("GET", "/v1/ledger")
                sample["facts"] = answer["head"]["sequence"] if status == 200 else None
                sample["store"] = store_size(arguments.store)
                sample["cache"] = size_of(Path(arguments.cache))
            out.write("\t".join("" if sample.get(name) is None else str(sample[name]) for name in COLUMNS) + "\n")
            out.flush()
            if is_last:
                break
            number += 1
            is_over.wait(max(0.0, begun + number * arguments.every - time.monotonic()))


if __name__ == "__main__":
    main()
