"""`POST /atualizacoes_estoque/{source}`: takes the webhooks of stock APIs, and puts the products
that they name among the hints of their source."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from inventory_poller.adapters.webhook import Webhook, WrongBodyError, WrongSignatureError
from inventory_poller.hints import Hints
from inventory_poller.metrics import Metrics, WebhookOutcome
from service_runtime.problem_response import problem_response

PATH: Final = "/atualizacoes_estoque/{source:path}"
MAX_BODY_BYTES: Final = 1024 * 1024
"""That of a WooCommerce product has its whole description and what plugins add."""
BODY_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """What takes the webhooks of one source."""

    webhook: Webhook
    secret: bytes = field(repr=False)
    hints: Hints


class WebhookEndpoint:
    """Answers 202 once the hint is taken, which a round would see too if it is lost; 200
    where the event names no product, as WooCommerce wants it for its ping."""

    def __init__(self, receivers: Mapping[str, Receiver], metrics: Metrics) -> None:
        self._receivers = receivers
        self._metrics = metrics

    async def take(self, request: Request) -> Response:
        """Refusals are problem documents."""
        source: str = request.path_params["source"]
        receiver = self._receivers.get(source)
        if receiver is None:
            raise HTTPException(404, "no source of this id takes webhooks")
        try:
            outcome = _handle(receiver, request, await _body(request))
        except HTTPException:
            self._metrics.webhook(source, WebhookOutcome.REFUSED)
            raise
        self._metrics.webhook(source, outcome)
        return Response(status_code=200 if outcome is WebhookOutcome.IGNORED else 202)


def _handle(receiver: Receiver, request: Request, body: bytes) -> WebhookOutcome:
    """Verify the signature and add the named products to the hints. Raises HTTPException."""
    signature = request.headers.get(receiver.webhook.header, "")
    try:
        products = receiver.webhook.products(body, signature=signature, secret=receiver.secret)
    except WrongSignatureError as error:
        raise HTTPException(401, str(error)) from error
    except WrongBodyError as error:
        raise HTTPException(400, str(error)) from error
    if not products:
        return WebhookOutcome.IGNORED
    has_room = receiver.hints.add(products)
    return WebhookOutcome.ACCEPTED if has_room else WebhookOutcome.DROPPED


async def _body(request: Request) -> bytes:
    """As it was sent, since that is what is signed."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise _too_large()
    except TimeoutError as error:
        raise HTTPException(408, f"no whole body within {BODY_SECONDS:g} s") from error
    except ClientDisconnect as error:
        raise HTTPException(400, "the connection ended before the body did") from error
    return bytes(body)


def _too_large() -> HTTPException:
    return HTTPException(413, f"the body must not exceed {MAX_BODY_BYTES} bytes")


def create_app(receivers: Mapping[str, Receiver], metrics: Metrics) -> Starlette:
    """The application; `receivers` are by the `id` of their source."""
    endpoint = WebhookEndpoint(receivers, metrics)
    app = Starlette(
        routes=[Route(PATH, endpoint.take, methods=["POST"])],
        exception_handlers={HTTPException: _on_http_exception},
    )
    app.router.redirect_slashes = False
    return app


def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem_response(error.status_code, error.detail, headers=error.headers)
