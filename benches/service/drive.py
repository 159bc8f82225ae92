"""Work beside the load: trainings, forecasts and imports, each in its own rhythm, until it is told to end."""

import argparse
import json
import signal
import sys
import threading
import time
from typing import Callable

from client import PerThread

ENDED = {"succeeded", "failed", "cancelled"}
IMPORT_ROWS = 100
POLL_S = 1.0
# Seconds that a request waits for the end of its operation, before it is asked for; a training takes longer.
WAIT_S = {"training": 0, "forecast": 10, "import": 10}


class Driver:
    """Starts operations, waits for their ends, and keeps what came of them."""

    def __init__(self, arguments: argparse.Namespace):
        self.day = arguments.day
        self.clients = PerThread(arguments.base, arguments.key)
        with open(arguments.open) as table:
            self.open = [line.rstrip("\n").split("\t") for line in table]
        self.is_over = threading.Event()
        self.lock = threading.Lock()
        self.runs: list[dict] = []

    def repeat(self, kind: str, every_s: float, work: Callable[[int], tuple[str, str, str]]) -> None:
        """Does the work again and again: `every_s` from beginning to beginning, or at once where it took longer."""
        number = 0
        while not self.is_over.is_set():
            begun = time.monotonic()
            path, body, content_type = work(number)
            self.run(kind, path, body, content_type)
            number += 1
            # Even where the service refuses at once it is not asked more than once a second.
            self.is_over.wait(max(every_s - (time.monotonic() - begun), 0.0 if every_s else POLL_S))

    def run(self, kind: str, path: str, body: str, content_type: str) -> None:
        begun = time.monotonic()
        client = self.clients.client
        status, answer = client.ask("POST", path, body, content_type, WAIT_S[kind])
        told = {"kind": kind, "http": status, "status": "refused", "code": answer.get("code", "")}
        if status in (200, 202):
            told |= self.awaited(answer)
        told["seconds"] = round(time.monotonic() - begun, 3)
        if told["status"] != "succeeded":
            told["detail"] = told.get("detail") or json.dumps(answer)[:500]
        with self.lock:
            self.runs.append(told)

    def awaited(self, operation: dict) -> dict:
        """Waits for the end of an operation, and cancels it when the run is over."""
        client, path = self.clients.client, f"/v1/operations/{operation['operation_id']}"
        is_cut_off = False
        while operation.get("status") not in ENDED:
            if self.is_over.wait(POLL_S) and not is_cut_off:
                is_cut_off = True
                client.ask("DELETE", path)
            status, operation = client.ask("GET", path)
            if status != 200:
                return {"status": "lost", "http": status, "detail": json.dumps(operation)[:500]}
            if is_cut_off:
                time.sleep(0.2)
        problem = operation.get("problem") or {}
        told = {"status": operation["status"], "code": problem.get("code", ""), "detail": problem.get("detail", "")}
        if is_cut_off and operation["status"] == "cancelled":
            told = {"status": "cut_off", "detail": json.dumps(operation.get("progress"))}
        result = operation.get("result") or {}
        tables = result.get("tables") or {}
        if any(tally.get("rejected") for tally in tables.values()):
            told |= {"status": "failed", "code": "rows_rejected", "detail": json.dumps(result)[:500]}
        told["added"] = sum(tally.get("added", 0) for tally in tables.values())
        return told

    @staticmethod
    def training(number: int) -> tuple[str, str, str]:
        # Another seed is another model.
        return "/v1/training-jobs", json.dumps({"seed": 1_000 + number}), "application/json"

    @staticmethod
    def forecast(_number: int) -> tuple[str, str, str]:
        return "/v1/forecasts", "{}", "application/json"

    def upload(self, number: int) -> tuple[str, str, str]:
        """Returns payments that were not sent before, as a file of our own tables."""
        lines = ["payment_id,invoice_id,paid_date,amount,currency\n"]
        for row in range(number * IMPORT_ROWS, (number + 1) * IMPORT_ROWS):
            invoice, amount, currency = self.open[row % len(self.open)]
            lines.append(f"FILE-{row:08},{invoice},{self.day},{amount},{currency}\n")
        return f"/v1/imports?profile=canonical&name=payments-{number}.csv", "".join(lines), "text/csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("base", "key", "day", "open", "out"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("train", "forecast", "import"):
        parser.add_argument(f"--{name}-every", type=float, metavar="S", help="0: the next when one has ended")
    arguments = parser.parse_args()
    driver = Driver(arguments)
    signal.signal(signal.SIGTERM, lambda *_: driver.is_over.set())
    rhythms = {
        "training": (arguments.train_every, driver.training),
        "forecast": (arguments.forecast_every, driver.forecast),
        "import": (arguments.import_every, driver.upload),
    }
    threads = [
        threading.Thread(target=driver.repeat, args=(kind, every_s, work))
        for kind, (every_s, work) in rhythms.items()
        if every_s is not None
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open(arguments.out, "w") as out:
        json.dump(driver.runs, out)


if __name__ == "__main__":
    sys.exit(main())
