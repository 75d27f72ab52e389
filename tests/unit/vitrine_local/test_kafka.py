from pathlib import Path

from vitrine_local.kafka import Settings, server_properties


def test_the_broker_listens_where_it_is_told_and_forgets_nothing() -> None:
    settings = Settings(
        listen_host="127.0.0.1",
        listen_port=9092,
        controller_port=9093,
        data_dir=Path("/data"),
        jars_dir=Path("/jars"),
        java_program=Path("/java"),
    )
    properties = dict(
        line.split("=", 1) for line in server_properties(settings).splitlines() if line
    )
    listeners = "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
    assert properties["listeners"] == listeners
    assert properties["log.dirs"] == "/data/log"
    assert properties["log.retention.ms"] == properties["log.retention.bytes"] == "-1"
    assert properties["auto.create.topics.enable"] == "false"


def test_clients_in_other_pods_reach_it_by_name_and_its_controller_nobody_else() -> None:
    settings = Settings(
        listen_host="0.0.0.0",
        listen_port=9092,
        advertised_host="kafka",
        controller_port=9093,
        data_dir=Path("/data"),
        jars_dir=Path("/jars"),
        java_program=Path("/java"),
    )
    properties = server_properties(settings).splitlines()
    assert "listeners=PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093" in properties
    assert "advertised.listeners=PLAINTEXT://kafka:9092" in properties
