"""Static files of a package, read and compressed once when the process starts."""

import gzip
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from service_runtime.accept_encoding import prefers_gzip
from service_runtime.prepared import Prepared, has_it

_COMPRESSIBLE: Final = ("text/", "application/json", "application/manifest", "image/svg")
_TYPES: Final = {
    ".js": "text/javascript",
    ".ts": "text/plain",
    ".svg": "image/svg+xml",
    "": "text/plain",
}
"""Used before the machine's table, which often lacks these or has a video format for `.ts`."""


CachePolicy = Callable[[str], str]
"""`Cache-Control` of the file of this path."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file, plain and compressed; their ETags differ, since the bytes do."""

    media_type: str
    cache_control: str
    plain: Prepared
    compressed: Prepared | None

    def respond(self, request: Request) -> Response:
        """The file in the form that the client accepts, or 304."""
        accepted = ",".join(request.headers.getlist("accept-encoding"))
        compressed = self.compressed if prefers_gzip(accepted) else None
        form = compressed or self.plain
        headers = {"ETag": form.etag, "Cache-Control": self.cache_control}
        if self.compressed:
            headers["Vary"] = "Accept-Encoding"
        if has_it(request.headers.get("if-none-match"), form.etag):
            return Response(status_code=304, headers=headers)
        if compressed:
            headers["Content-Encoding"] = "gzip"
        return Response(form.body, media_type=self.media_type, headers=headers)


def load_static_files(package: str, cache_control: CachePolicy) -> dict[str, StaticFile]:
    """The files below the package's `static/`, by path."""
    found = _walk(files(package) / "static", "")
    return {path: prepare_file(path, body, cache_control(path)) for path, body in found}


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        path = prefix + entry.name
        if entry.is_dir():
            found += _walk(entry, path + "/")
        else:
            found.append((path, entry.read_bytes()))
    return found


def prepare_file(path: str, body: bytes, cache_control: str) -> StaticFile:
    """A file to serve; the ending of its name gives its type."""
    suffix = path[path.rfind(".") :] if "." in path else ""
    media_type = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    smaller = None
    if media_type.startswith(_COMPRESSIBLE):
        smaller = Prepared.of(gzip.compress(body, mtime=0))
    return StaticFile(media_type, cache_control, Prepared.of(body), smaller)
