"""The page's files, read and compressed once when the process starts."""

import gzip
import mimetypes
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from fastapi import Request, Response

from analytics_api.accept_encoding import prefers_gzip
from analytics_api.answers import Prepared, has_it

_COMPRESSIBLE: Final = ("text/", "application/json", "application/manifest", "image/svg")
_TYPES: Final = {".js": "text/javascript", ".svg": "image/svg+xml", "": "text/plain"}
_VENDORED: Final = "vendor/"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file in both forms; ETags differ, since the bytes do."""

    media_type: str
    cache_control: str
    plain: Prepared
    compressed: Prepared | None

    def respond(self, request: Request) -> Response:
        """The form that the client can read, or 304."""
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


def load_static_files() -> dict[str, StaticFile]:
    """Path below `static/` -> file."""
    return dict(_walk(files("analytics_api") / "static", ""))


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, StaticFile]]:
    found = []
    for entry in folder.iterdir():
        path = prefix + entry.name
        if entry.is_dir():
            found += _walk(entry, path + "/")
        else:
            found.append((path, _load(path, entry.read_bytes())))
    return found


def _load(path: str, body: bytes) -> StaticFile:
    suffix = path[path.rfind(".") :] if "." in path else ""
    media_type = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    smaller = None
    if media_type.startswith(_COMPRESSIBLE):
        smaller = Prepared.of(gzip.compress(body, mtime=0))
    cache = "public, max-age=86400" if path.startswith(_VENDORED) else "no-cache"
    return StaticFile(media_type, cache, Prepared.of(body), smaller)
