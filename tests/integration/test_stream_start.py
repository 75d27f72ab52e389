"""What the stream's driver tells of itself before Spark has a session."""

from pathlib import Path

import httpx
from tests.support.hanging_peer import HangingPeer, hanging_peer
from tests.support.platform import free_ports
from tests.support.service import Service

NOWHERE = ("127.0.0.1", 9)


def _driver(master: HangingPeer, folder: Path) -> Service:
    (port,) = free_ports(1)
    environment = {
        "PYSPARK_SUBMIT_ARGS": f"--master spark://127.0.0.1:{master.port} pyspark-shell",
        "HEALTH_PORT": str(port),
        "CHECKPOINT_URL": f"file://{folder}",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "WAREHOUSE_HOST": "127.0.0.1",
        "WAREHOUSE_USER": "vitrine",
        "WAREHOUSE_PASSWORD": "unused",
        "WAREHOUSE_IAM_ROLE": "default",
        "STAGING_URL": "s3://vitrine-staging/stream-processor",
        "MONGO_URL": "mongodb://127.0.0.1:9",
        "AWS_REGION": "us-east-1",
        "HOME": str(folder),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    url = f"http://127.0.0.1:{port}"
    return Service("stream_processor.main", environment, url=url, log=folder / "log")


def test_a_driver_whose_session_waits_is_alive_and_says_what_it_waits_for(tmp_path: Path) -> None:
    with hanging_peer(NOWHERE) as master:
        master.hang()
        driver = _driver(master, tmp_path)
        try:
            driver.wait_ready(within=120)
            answer = httpx.get(f"{driver.url}/readyz")
            assert (answer.status_code, answer.json()) == (
                503,
                {"status": "the Spark session is being built"},
            )
        finally:
            driver.kill()
