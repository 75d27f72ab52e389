"""What the service is told."""

from service_runtime.settings import KafkaSettings


class Settings(KafkaSettings):
    """Kafka, and where health is told."""

    health_host: str = "127.0.0.1"
    health_port: int = 8055
