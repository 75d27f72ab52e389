"""Segment's own clients, each told nothing but another host."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from segment.analytics.client import Client
from tests.support.browser import chromium
from tests.support.kept import kept_folder

FOLDER = Path(__file__).parents[1] / "segment"
LOCK = FOLDER / "package-lock.json"
NODE = 20
"""The oldest that Segment's client for it runs on."""
Visit = list[dict[str, Any]]


class SegmentClient(Protocol):
    """Sends a visit while the test does something else, and then says whether it was taken."""

    def begin(self, host: str, visit: Visit) -> None: ...

    def end(self) -> None: ...


class PythonClient:
    """`segment-analytics-python`, in this process."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._errors: list[object] = []

    def begin(self, host: str, visit: Visit) -> None:
        self._client = Client("w", host=host, gzip=self._gzip, on_error=self._fail, max_retries=20)
        for call in visit:
            named = {"user_id" if n == "userId" else n: v for n, v in call.items() if n != "call"}
            getattr(self._client, call["call"])(**named)

    def end(self) -> None:
        self._client.shutdown()
        assert self._errors == []

    def _fail(self, error: object, _batch: object) -> None:
        self._errors.append(error)


class NodeClient:
    """`@segment/analytics-node`, in a process of its own."""

    def __init__(self, modules: Path) -> None:
        self._modules = modules

    def begin(self, host: str, visit: Visit) -> None:
        self._process = subprocess.Popen(
            ["node", FOLDER / "shop.cjs", host],
            env={"NODE_PATH": str(self._modules), "PATH": str(Path(_program("node")).parent)},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(visit))
        self._process.stdin.close()

    def end(self) -> None:
        status = self._process.wait(120)
        assert self._process.stderr
        with self._process.stderr as errors:
            assert (status, errors.read()) == (0, "")


class BrowserClient:
    """`@segment/analytics-next`, in a page of another origin."""

    _SEND = """([apiHost, visit]) => {
        const segment = { apiHost, protocol: "http" };
        const settings = { writeKey: "w", cdnSettings: { integrations: { "Segment.io": {} } } };
        const options = { integrations: { "Segment.io": segment } };
        const analytics = AnalyticsNext.AnalyticsBrowser.load(settings, options);
        for (const { call, userId, event, name, traits, properties } of visit) {
            if (call === "identify") analytics.identify(userId, traits);
            if (call === "page") analytics.page(name);
            if (call === "track") analytics.track(event, properties);
        }
    }"""

    def __init__(self, page: Page, origin: str) -> None:
        self._page = page
        self._origin = origin

    def begin(self, host: str, visit: Visit) -> None:
        package = f"{self._origin}/@segment/analytics-next"
        self._page.goto(f"{package}/package.json")
        self._page.add_script_tag(url=f"{package}/dist/umd/index.js")
        self._page.evaluate(self._SEND, [f"{urlsplit(host).netloc}/v1", visit])

    def end(self) -> None:
        """It tells nobody when it is done; a page that has gone sends nothing more."""
        self._page.close()


@contextmanager
def segment_client(name: str) -> Iterator[SegmentClient]:
    """`python`, `python-gzip`, `node` or `browser`; skips the test where its program is missing."""
    if name.startswith("python"):
        yield PythonClient(gzip=name == "python-gzip")
    elif name == "node":
        yield NodeClient(_modules())
    else:
        with chromium() as browser, _served(_modules()) as origin:
            yield BrowserClient(browser.new_page(), origin)


def _modules() -> Path:
    """`node_modules` as the lock has them."""
    npm = _program("npm")
    version = subprocess.check_output([_program("node"), "--version"], text=True)
    if int(version.removeprefix("v").partition(".")[0]) < NODE:
        pytest.skip(f"Segment's client needs Node.js {NODE}, here is {version.strip()}")
    name = "segment-" + sha256(LOCK.read_bytes()).hexdigest()[:12]
    return kept_folder(name, partial(_install, npm)) / "node_modules"


def _install(npm: str, folder: Path) -> None:
    for file in (LOCK, LOCK.with_name("package.json")):
        shutil.copy(file, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} is installed: apt-get install npm")
    return found


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
