"""How every Kafka client of the product connects: in the clear, or to Amazon MSK with IAM."""

import logging
import os
from collections.abc import Callable
from typing import Any

from service_runtime.errors import PermanentError
from service_runtime.settings import KafkaSecurity

_log = logging.getLogger(__name__)

ClientConfig = dict[str, Any]
"""What confluent-kafka's clients are made of."""


def client_config(bootstrap_servers: str, security: KafkaSecurity) -> ClientConfig:
    """What a client adds its own properties to.

    A client for `msk-iam` waits for its first token while it is made, and raises KafkaException
    after ten seconds without one; later tokens come in the background, without poll().
    Raises PermanentError where `msk-iam` has no AWS_REGION.
    """
    servers = {"bootstrap.servers": bootstrap_servers}
    return servers if security == "plaintext" else servers | _msk_iam(_region())


def _region() -> str:
    region = os.environ.get("AWS_REGION")
    if not region:
        raise PermanentError("KAFKA_SECURITY=msk-iam needs AWS_REGION")
    return region


def _msk_iam(region: str) -> ClientConfig:
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "OAUTHBEARER",
        "oauth_cb": _token_source(region),
    }


def _token_source(region: str) -> Callable[[str], tuple[str, float]]:
    # Imported here, since botocore is 26 MB of memory that Kafka in the clear need not pay for.
    from aws_msk_iam_sasl_signer.MSKAuthTokenProvider import generate_auth_token

    def new_token(_config: str) -> tuple[str, float]:
        try:
            token, expires_at_ms = generate_auth_token(region)
        except Exception:
            # librdkafka tells nobody why, and asks again in ten seconds.
            _log.exception("no token for MSK")
            raise
        return token, expires_at_ms / 1000

    return new_token
