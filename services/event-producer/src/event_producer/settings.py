"""What event-producer is told."""

from pathlib import Path

from service_runtime.settings import KafkaSettings


class Settings(KafkaSettings):
    """Durations are seconds, sizes are bytes."""

    listen_host: str = "127.0.0.1"
    listen_port: int = 8001
    spool_path: Path = Path("event-producer.spool")
    """A file of this process alone, on a disk that survives it."""
    spool_max_bytes: int = 256 * 1024 * 1024
    delivery_timeout: float = 3.0
    """How long Kafka may take for a group before the group goes to the spool."""
    group_interval: float = 0.02
    """Groups begin at least this far apart: each costs Kafka a write, whatever its size."""
