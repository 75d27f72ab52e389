"""Settings that would start and then fail are refused, by the names of their variables."""

from typing import Any

import pytest
from pydantic import ValidationError

from analytics_api.settings import Settings as ApiSettings
from event_producer.settings import Settings as ProducerSettings
from service_runtime.settings import MongoSecuritySettings, MongoSettings
from stream_processor.settings import Settings as StreamSettings

STORES = {
    "kafka_bootstrap_servers": "kafka:9092",
    "warehouse_host": "warehouse",
    "warehouse_user": "u",
    "warehouse_password": "p",
    "mongo_url": "mongodb://m",
    "staging_url": "s3://bucket/staging",
    "warehouse_iam_role": "default",
    "checkpoint_url": "s3a://bucket/checkpoint",
}


@pytest.mark.parametrize(
    ("settings", "told", "message"),
    [
        pytest.param(
            ApiSettings,
            {"refresh_seconds": 7},
            "REFRESH_SECONDS, 7.0, is above RETRY_MAX_SECONDS, 5.0",
            id="asked more often while away",
        ),
        pytest.param(
            ApiSettings,
            {"kafka_refresh_seconds": 3, "retry_max_seconds": 2},
            "KAFKA_REFRESH_SECONDS, 3.0, is above RETRY_MAX_SECONDS, 2.0",
            id="Kafka asked more often while away",
        ),
        pytest.param(
            ProducerSettings,
            {"group_interval": 2, "delivery_timeout": 1},
            "GROUP_INTERVAL, 2.0, is above DELIVERY_TIMEOUT, 1.0",
            id="groups slower than their delivery",
        ),
        pytest.param(
            ApiSettings, {"refresh_seconds": 15}, "refresh_seconds", id="as if metrics stood still"
        ),
        pytest.param(
            ApiSettings, {"kafka_refresh_seconds": 30}, "kafka_refresh", id="as if all stood still"
        ),
        pytest.param(
            ProducerSettings, {"delivery_timeout": 11}, "delivery_timeout", id="beyond the grace"
        ),
        pytest.param(
            StreamSettings, {"metrics_trigger_seconds": 15}, "metrics_trigger", id="slow metrics"
        ),
        pytest.param(ApiSettings, {"listen_port": 70000}, "listen_port", id="no port's number"),
        pytest.param(
            ApiSettings, {"warehouse_host": "w:5439/dev"}, "warehouse_host", id="an endpoint"
        ),
        pytest.param(
            StreamSettings, {"staging_url": "bucket/staging"}, "staging_url", id="no S3 URL"
        ),
        pytest.param(
            StreamSettings, {"checkpoint_url": "s3://bucket/x"}, "checkpoint_url", id="not s3a"
        ),
        pytest.param(
            StreamSettings, {"s3_endpoint_url": "s3:9000"}, "s3_endpoint_url", id="no scheme"
        ),
        pytest.param(
            ProducerSettings, {"kafka_bootstrap_servers": "kafka"}, "bootstrap", id="no port"
        ),
        pytest.param(
            MongoSecuritySettings,
            {"mongo_certificate": "PEM"},
            "a client's certificate for MongoDB needs MONGO_KEY too",
            id="a certificate without its key",
        ),
        pytest.param(
            MongoSecuritySettings,
            {"mongo_key": "PEM"},
            "a client's certificate for MongoDB needs MONGO_CERTIFICATE too",
            id="a key without its certificate",
        ),
    ],
)
def test_what_cannot_work_is_refused(settings: Any, told: dict[str, Any], message: str) -> None:
    settings.model_validate(STORES)
    with pytest.raises(ValidationError, match=message):
        settings.model_validate(STORES | told)


def test_an_error_quotes_no_secret() -> None:
    secret = {"mongo_url": "mongodb://root:hunter2@db/", "mongo_key": "-----KEY"}
    with pytest.raises(ValidationError) as caught:
        MongoSettings.model_validate(secret)
    for text in ("hunter2", "-----KEY"):
        assert text not in str(caught.value)
