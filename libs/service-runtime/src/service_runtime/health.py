"""`/healthz` and `/readyz` for a process that serves nothing else over HTTP."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Check = Callable[[], str | None]
"""None when all is well, else one sentence that says what is not."""


def serve_health(host: str, port: int, *, alive: Check, ready: Check) -> ThreadingHTTPServer:
    """Answer 200 or 503 from a thread of its own until `shutdown()` is called."""
    checks = {"/healthz": alive, "/readyz": ready}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            check = checks.get(self.path)
            if check is None:
                self.send_error(404)
                return
            problem = check()
            body = json.dumps({"status": problem or "ok"}).encode()
            self.send_response(503 if problem else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Probes come every few seconds and say nothing worth a line."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
