"""The shop's page at `/`, its files under `/static/`, and the documentation at `/docs`."""

from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from service_runtime.static_files import load_static_files

router = APIRouter(include_in_schema=False)
_VENDORED: Final = "vendor/"


def _cache_control(path: str) -> str:
    return "public, max-age=86400" if path.startswith(_VENDORED) else "no-cache"


_FILES: Final = load_static_files("analytics_api", _cache_control)


@router.get("/")
async def page(request: Request) -> Response:
    """The live page."""
    return _FILES["index.html"].respond(request)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """`/openapi.json` made readable, without anything from elsewhere."""
    return _FILES["docs.html"].respond(request)


@router.get("/static/{path:path}")
async def static_file(request: Request, path: str) -> Response:
    """Only what was there when the process started; nothing is looked up on disk."""
    found = _FILES.get(path)
    if found is None:
        raise HTTPException(404)
    return found.respond(request)
