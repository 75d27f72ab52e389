"""The tracker of a shop's pages, `/vitrine.js`, and its types, `/vitrine.d.ts`."""

from typing import Final

from fastapi import FastAPI, Request, Response

from service_runtime.static_files import StaticFile, load_static_files

_CACHE: Final = "public, max-age=3600"
_HEADERS: Final = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


def add_tracker(app: FastAPI) -> None:
    """Serve each of the tracker's files under its name, to pages of any origin."""
    for name, file in load_static_files("event_producer", lambda _path: _CACHE).items():
        _add(app, f"/{name}", file)


def _add(app: FastAPI, path: str, file: StaticFile) -> None:
    @app.get(path, include_in_schema=False)
    async def answer(request: Request) -> Response:
        response = file.respond(request)
        response.headers.update(_HEADERS)
        return response
