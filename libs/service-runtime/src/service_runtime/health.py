"""`/healthz` and `/readyz`: their answer, and a server for a process that has no other."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Check = Callable[[], str | None]
"""Returns None when all is well, else one sentence that says what is wrong."""


def health_answer(problem: str | None) -> tuple[int, bytes]:
    """The HTTP status and the JSON body for what a check returned."""
    document = json.dumps({"status": problem or "ok"}, separators=(",", ":"))
    return 503 if problem else 200, document.encode()


def serve_health(host: str, port: int, *, alive: Check, ready: Check) -> ThreadingHTTPServer:
    """Answer 200 or 503 from a thread of its own until `shutdown()` is called."""
    checks = {"/healthz": alive, "/readyz": ready}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            check = checks.get(self.path)
            if check is None:
                self.send_error(404)
                return
            status, body = health_answer(check())
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Write no log line: probes come every few seconds."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
