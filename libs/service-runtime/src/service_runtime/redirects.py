"""Redirects a path with a slash at its end to the path without it."""

from starlette.responses import RedirectResponse
from starlette.routing import Match, Router
from starlette.types import Receive, Scope, Send


def redirect_relatively(router: Router) -> None:
    """Redirect `/path/` to the route `/path` by a relative URL. The router's own redirects name
    scheme and host, which are wrong behind a proxy that ends TLS."""
    router.redirect_slashes = False
    router.default = _WithoutSlash(router)


class _WithoutSlash:
    def __init__(self, router: Router) -> None:
        self._router = router
        self._not_found = router.default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = _target(self._router, scope)
        answer = RedirectResponse(target) if target else self._not_found
        await answer(scope, receive, send)


def _target(router: Router, scope: Scope) -> str | None:
    if scope["type"] != "http" or not scope["path"].endswith("/"):
        return None
    path = scope["path"].rstrip("/")
    other = {**scope, "path": path}
    if all(route.matches(other)[0] is Match.NONE for route in router.routes):
        return None
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else str(path)
