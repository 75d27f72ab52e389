"""Kafka's broker and controller in one Java process: formats its folder once, then executes it."""

import os
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from pydantic_settings import BaseSettings

from vitrine_local.settings import HOST

_FORMATTER_HEAP: Final = "-Xmx128m"
_JVM: Final = (
    "-Xms64m",
    "-Xmx320m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # a third less CPU to start, and quick enough for any demo
    "-XX:MaxMetaspaceSize=128m",
    "-XX:ReservedCodeCacheSize=64m",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSX",
)


class Settings(BaseSettings):
    """Where to listen, where to keep the log, what to run from."""

    listen_host: str
    listen_port: int
    advertised_host: str | None = None
    """The name that clients reach it by, where that is not `listen_host`."""
    controller_port: int
    data_dir: Path
    jars_dir: Path
    java_program: Path


def server_properties(settings: Settings) -> str:
    """One node that keeps everything for ever: the ledger must find every offset it names."""
    broker = f"{settings.listen_host}:{settings.listen_port}"
    advertised = f"{settings.advertised_host or settings.listen_host}:{settings.listen_port}"
    controller = f"{HOST}:{settings.controller_port}"
    properties = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{advertised}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(settings.data_dir / "log"),
        "log.retention.ms": "-1",
        "log.retention.bytes": "-1",
        "log.segment.bytes": str(64 * 1024 * 1024),
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "2",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "2",
        "group.initial.rebalance.delay.ms": "0",
        "num.network.threads": "2",
        "num.io.threads": "2",
        "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())


def main() -> None:
    """Become the broker; a folder that was never formatted is formatted first."""
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    properties = settings.data_dir / "server.properties"
    properties.write_text(server_properties(settings), "utf-8")
    java = [str(settings.java_program), f"-Djava.io.tmpdir={gettempdir()}"]
    class_path = ["-cp", f"{settings.jars_dir}/*"]
    if not (settings.data_dir / "log" / "meta.properties").exists():
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}"]
        tool += ["--config", str(properties)]
        if code := subprocess.call([*java, _FORMATTER_HEAP, *_JVM[2:], *class_path, *tool]):
            sys.exit(code)
    os.execv(java[0], [*java, *_JVM, *class_path, "kafka.Kafka", str(properties)])


if __name__ == "__main__":
    main()
