"""What lag-scaler costs with two hundred StreamScalers, on a real API server and a real Kafka."""

import time
from pathlib import Path
from typing import Any, Final

import psutil
import pytest
from tests.cluster.api_server import api_server
from tests.cluster.cluster import wait_until
from tests.cluster.test_lag_scaler import TARGET, operator, prepared, scaler
from tests.support.kafka import create_topic
from tests.support.platform import kafka_servers, platform_of

from vitrine_local.platform import LocalPlatform

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]
platform = platform_of("kafka")
COUNT: Final = 200
ROUNDS: Final = 6
INTERVAL: Final = 5


def named(item: dict[str, Any], number: int) -> dict[str, Any]:
    return item | {"metadata": {"name": f"logger-{number}"}}


def test_two_hundred_cost_at_most_a_cpu_second_a_round(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    servers = kafka_servers(platform)
    create_topic(servers, "events", partitions=6)
    source = {"bootstrapServers": servers, "group": "group", "topics": ["events"]}
    with api_server() as server:
        cluster = prepared(server)
        items = []
        for number in range(COUNT):
            target = {"kind": "Deployment", "name": f"logger-{number}"}
            item = scaler(source=source, target=target, bounds={"minReplicas": 1, "maxReplicas": 6})
            items += [named(TARGET, number), named(item, number)]
        cluster.apply(*items)
        with operator(server, tmp_path, INTERVAL_SECONDS=str(INTERVAL), STATUS_SECONDS="15") as it:
            process = psutil.Process(it.process_id)

            def all_ready() -> bool:
                return cluster.kubectl("get", "ssc").count("True") == COUNT

            wait_until(all_ready, "all are looked after")
            before, began = process.cpu_times(), time.monotonic()
            end = began + ROUNDS * INTERVAL
            wait_until(lambda: time.monotonic() > end, "the rounds go by")
            after = process.cpu_times()
            used = after.user + after.system - before.user - before.system
            rounds = (time.monotonic() - began) / INTERVAL
            megabytes = process.memory_info().rss / 1e6
    print(f"{used / rounds:.2f} CPU s a round, {megabytes:.0f} MB")
    assert used / rounds <= 1
    assert megabytes <= 150
