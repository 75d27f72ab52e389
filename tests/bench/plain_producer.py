"""Two other ways to take events over HTTP, beside which event-producer is measured.

`plain` is how FastAPI and confluent-kafka are mostly put together: a model, and a callback for each
message that answers its request. `limit` reads the body and calls `produce()` with a constant, as a
bare ASGI callable: nothing that is checked, and nothing that is waited for.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import uvicorn
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

Text = Annotated[str, Field(min_length=1, max_length=256)]


class Evento(BaseModel):
    """The same fields as event-producer's."""

    id_usuario: Text
    tipo_evento: Literal["clique", "adicao_carrinho", "compra", "devolucao", "cancelamento"]
    id_produto: Text
    timestamp: datetime
    id_evento: UUID
    id_pedido: Text | None = None
    quantidade: Annotated[int, Field(ge=1)] | None = None
    preco: Annotated[float, Field(ge=0)] | None = None


def plain(producer: Producer, topic: str) -> FastAPI:
    """FastAPI, which answers once Kafka has called back for each of the events."""
    app = FastAPI()

    @app.post("/eventos", status_code=202)
    async def eventos(body: list[Evento] | Evento) -> dict[str, int]:
        events = body if isinstance(body, list) else [body]
        await asyncio.gather(*(_delivered(producer, topic, event) for event in events))
        return {"aceitos": len(events)}

    return app


def _delivered(producer: Producer, topic: str, event: Evento) -> "asyncio.Future[None]":
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def on_delivery(error: KafkaError | None, _message: Message) -> None:
        settle: Callable[..., Any] = future.set_exception if error else future.set_result
        loop.call_soon_threadsafe(settle, KafkaException(error) if error else None)

    value = event.model_dump_json(exclude_none=True)
    producer.produce(topic, value, event.id_usuario, on_delivery=on_delivery)
    return future


def limit(producer: Producer, topic: str) -> Any:
    """A bare ASGI callable; as many records as there are events come on to Kafka."""
    accepted = {
        "type": "http.response.start",
        "status": 202,
        "headers": [(b"content-length", b"0")],
    }

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        for _ in range(body.count(b"id_usuario")):
            producer.produce(topic, b"constant")
        await send(accepted)
        await send({"type": "http.response.body"})

    return app


def _poll(producer: Producer) -> None:
    while True:
        producer.poll(1)


def main() -> None:
    """`python -m tests.bench.plain_producer plain|limit PORT TOPIC`, with BOOTSTRAP_SERVERS."""
    kind, port, topic = sys.argv[1:]
    producer = Producer(
        {
            "bootstrap.servers": os.environ["BOOTSTRAP_SERVERS"],
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 2,
            "queue.buffering.max.messages": 1_000_000,  # the limit is faster than Kafka
        }
    )
    threading.Thread(target=_poll, args=(producer,), daemon=True).start()
    app = {"plain": plain, "limit": limit}[kind](producer, topic)
    uvicorn.run(app, port=int(port), loop="uvloop", lifespan="off", log_level="warning")


if __name__ == "__main__":
    main()
