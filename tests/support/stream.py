"""How tests of the whole way put events in, wait for them and account for them."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from confluent_kafka import Producer
from pydantic import SecretStr
from tests.support.waiting import wait_until

from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS, TOPICS
from service_runtime.errors import TransientError
from service_runtime.topic import Topic
from vitrine_local.platform import LocalPlatform
from warehouse import ledger
from warehouse.audit import AuditReport, audit
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
from warehouse.transaction import Row

STREAM: Final = "stream-processor"


def short_lived(platform: LocalPlatform) -> dict[str, str]:
    """Settings of a driver that a test soon ends: without the JVM's slow compiler, a third less."""
    options = platform.environment(STREAM)["SPARK_SUBMIT_OPTS"]
    return {"SPARK_SUBMIT_OPTS": f"{options} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


def warehouse_of(platform: LocalPlatform) -> Warehouse:
    """A connection with the settings that the platform gives its own parts."""
    environment = platform.environment(STREAM)
    password = (Path(environment["SECRETS_DIR"]) / "warehouse_password").read_text("utf-8")
    settings = WarehouseSettings(
        warehouse_host=environment["WAREHOUSE_HOST"],
        warehouse_port=int(environment["WAREHOUSE_PORT"]),
        warehouse_database=environment["WAREHOUSE_DATABASE"],
        warehouse_user=environment["WAREHOUSE_USER"],
        warehouse_password=SecretStr(password),
        warehouse_ssl=False,
    )
    return Warehouse(settings, application="tests")


@dataclass(frozen=True)
class Stream:
    """The platform's stream seen from both ends."""

    platform: LocalPlatform
    warehouse: Warehouse
    producer: Producer
    topics: Mapping[str, Topic]

    @classmethod
    def of(cls, platform: LocalPlatform) -> "Stream":
        """Connect to both ends; the backing parts must run."""
        servers = platform.environment(STREAM)["KAFKA_BOOTSTRAP_SERVERS"]
        return cls(
            platform,
            warehouse_of(platform),
            Producer(
                {
                    "bootstrap.servers": servers,
                    "enable.idempotence": True,
                    "linger.ms": 5,
                    "log_level": 2,
                }
            ),
            {name: Topic({"bootstrap.servers": servers}, name) for name in TOPICS},
        )

    def start(self, **environment: str) -> None:
        """Start the stream's driver, with further settings."""
        self.platform.start_part(STREAM, short_lived(self.platform) | environment)

    def put(
        self,
        values: Iterable[bytes | None],
        *,
        key: bytes | None = b"u1",
        topic: str = TOPIC_EVENTOS,
    ) -> None:
        """Put raw records on Kafka and wait until it has them."""
        for value in values:
            self.producer.produce(topic, value, key)
            self.producer.poll(0)
        assert self.producer.flush(60) == 0

    def rows(self, statement: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """Rows of a query against the warehouse."""
        with self.warehouse.transaction() as transaction:
            return transaction.rows(statement, parameters)

    def dead_letters(self) -> Counter[tuple[str, str]]:
        """How many there are of each topic and reason."""
        rows = self.rows("SELECT topic, motivo, COUNT(*) FROM eventos_rejeitados GROUP BY 1, 2")
        return Counter({(topic, reason): int(count) for topic, reason, count in rows})

    def is_ready(self) -> bool:
        """Whether the driver says that both of its queries go on."""
        port = self.platform.environment(STREAM)["HEALTH_PORT"]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return True
        except urllib.error.HTTPError:
            return False

    def is_drained(self) -> bool:
        """Whether the ledger has reached Kafka's end; not while one of the two is away."""
        try:
            with self.warehouse.transaction() as transaction:
                done = ledger.positions(transaction, query=QUERY_WAREHOUSE)
            return all(
                done.get((name, n), 0) == end
                for name, topic in self.topics.items()
                for n, end in topic.latest().items()
            )
        except TransientError:
            return False

    def drain(self) -> AuditReport:
        """Wait until everything is accounted for, and audit it."""
        wait_until(self.is_drained, "the ledger reaches Kafka's end")
        return audit(self.warehouse)


def event(**changes: Any) -> dict[str, Any]:
    """A valid click, dated now."""
    return {
        "id_evento": str(uuid4()),
        "id_usuario": "u1",
        "tipo_evento": "clique",
        "id_produto": "p1",
        "timestamp": datetime.now(UTC).isoformat(),
    } | changes


def purchase(**changes: Any) -> dict[str, Any]:
    """A valid purchase, dated now."""
    order = {"tipo_evento": "compra", "id_pedido": str(uuid4()), "quantidade": 2, "preco": 19.9}
    return event(**(order | changes))


def encoded(eventos: Iterable[dict[str, Any]]) -> list[bytes]:
    """Events as the bytes that Kafka carries."""
    return [json.dumps(evento).encode() for evento in eventos]


def mixed(count: int, user: str = "u1") -> list[bytes | None]:
    """Clicks, purchases, a late one, each tenth twice, and some that are broken."""
    late = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    good = [(purchase if n % 5 == 0 else event)(id_usuario=user) for n in range(count)]
    good[0]["timestamp"] = late
    repeated = good[::10]
    broken: list[bytes | None] = [None, b"\xff", b"{", b'{"id_usuario": 1}', b"[]"]
    return [*encoded(good), *broken, *encoded(repeated)]


class SecondDriver:
    """A stream processor started beside the platform's own."""

    def __init__(self, platform: LocalPlatform, **environment: str) -> None:
        command = [sys.executable, "-m", "stream_processor.main"]
        log = (platform.layout.root / "second-driver.log").open("wb")
        first, second = map(platform.layout.temporary_of, (STREAM, "second-driver"))
        second.mkdir(exist_ok=True)
        told = platform.environment(STREAM) | short_lived(platform)
        own = {name: value.replace(str(first), str(second)) for name, value in told.items()}
        self._process = subprocess.Popen(
            command,
            env=os.environ | own | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def wait(self, seconds: float) -> int:
        """Its exit code, once it has ended by itself."""
        return self._process.wait(timeout=seconds)

    def kill(self) -> None:
        """End it and all that it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
