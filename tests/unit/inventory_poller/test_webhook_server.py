import asyncio
import signal
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tests.support.platform import free_ports

from inventory_poller.settings import Settings
from inventory_poller.webhook_server import WebhookServer
from service_runtime.errors import PermanentError


def settings(port: int) -> Settings:
    return Settings(kafka_bootstrap_servers="kafka:9092", webhook_port=port)


async def test_it_serves_until_it_is_cancelled_and_answers_what_is_open() -> None:
    came, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request: Request) -> PlainTextResponse:
        came.set()
        await go_on.wait()
        return PlainTextResponse("done")

    [port] = free_ports(1)
    handler = signal.getsignal(signal.SIGTERM)
    server = WebhookServer(Starlette(routes=[Route("/", slow)]), settings(port))
    serving = asyncio.create_task(server.run_until_cancelled())
    async with httpx.AsyncClient() as client:
        asking = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/", timeout=20))
        async with asyncio.timeout(20):
            await came.wait()
            assert signal.getsignal(signal.SIGTERM) == handler
            serving.cancel()
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await serving
            assert (await asking).text == "done"
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/")


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PermanentError, match=f"cannot listen on 127.0.0.1:{port}"):
            WebhookServer(Starlette(), settings(port))
