"""The tracker of a shop's pages, `/vitrine.js`, and its types, `/vitrine.d.ts`."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service_runtime.static_files import StaticFile, load_static_files

_CACHE: Final = "public, max-age=3600"
_HEADERS: Final = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


def tracker_routes() -> list[Route]:
    """Serve each of the tracker's files under its name, to pages of any origin."""
    files = load_static_files("event_producer", lambda _path: _CACHE)
    return [Route(f"/{name}", _serve(file)) for name, file in files.items()]


def _serve(file: StaticFile) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        response = file.respond(request)
        response.headers.update(_HEADERS)
        return response

    return answer
