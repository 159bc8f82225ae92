"""Requests to the service on a connection that is kept."""

import http.client
import json
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT_S = 90
# The service closes a connection on which nothing was asked for limits.header_timeout_s, 10 seconds.
IDLE_MAX_S = 5


class Client:
    """Asks the service; a client per thread."""

    def __init__(self, base: str, key_file: str):
        self.address = urlsplit(base)
        name, _, value = Path(key_file).read_text().strip().partition(": ")
        self.headers = {name: value}
        self.connection: http.client.HTTPConnection | None = None
        self.used_at = 0.0

    def ask(self, method: str, path: str, body: str | None = None, kind: str = "application/json",
            wait_s: int = 0) -> tuple[int, dict]:
        """Returns the status and the answer; status 0 where there is none."""
        headers = dict(self.headers)
        if body is not None:
            headers["content-type"] = kind
        if wait_s:
            headers["prefer"] = f"wait={wait_s}"
        try:
            if self.connection is None or time.monotonic() - self.used_at > IDLE_MAX_S:
                self.connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=TIMEOUT_S)
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
            self.used_at = time.monotonic()
        except (OSError, http.client.HTTPException) as error:
            self.connection = None
            return 0, {"detail": repr(error)}
        try:
            return answer.status, json.loads(text or b"{}")
        except ValueError:
            return answer.status, {"detail": text[:500].decode(errors="replace")}


class PerThread(threading.local):
    """A client of its own for each thread that asks for one."""

    def __init__(self, base: str, key_file: str):
        self.client = Client(base, key_file)
