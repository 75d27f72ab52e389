"""S3 as moto serves it: in memory, one process, its bucket there from the start."""

import logging
import signal
from threading import Event
from typing import Final

import boto3
from moto.server import ThreadedMotoServer
from pydantic_settings import BaseSettings

ORPHANS: Final = {
    "Rules": [
        {
            "ID": f"vitrine-staging-orphans-{staged_by}",
            "Status": "Enabled",
            "Filter": {"Prefix": f"{staged_by}/"},
            "Expiration": {"Days": 7},
        }
        for staged_by in ("stream-processor", "batch-etl")
    ]
}
"""What a killed driver staged and nobody loads, by the lifecycle rule that removes it."""


class Settings(BaseSettings):
    """Where to listen and the bucket to offer; credentials come from the AWS variables."""

    listen_host: str
    listen_port: int
    bucket: str


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = Settings()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = ThreadedMotoServer(settings.listen_host, settings.listen_port, verbose=False)
    server.start()
    url = f"http://{settings.listen_host}:{settings.listen_port}"
    client = boto3.client("s3", endpoint_url=url)
    client.create_bucket(Bucket=settings.bucket)
    client.put_bucket_lifecycle_configuration(
        Bucket=settings.bucket, LifecycleConfiguration=ORPHANS
    )
    stop.wait()
    server.stop()


if __name__ == "__main__":
    main()
