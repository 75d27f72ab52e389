"""What the scalers of one process share: its settings, its clients and its Lease."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import kopf

from lag_scaler.conflicts import ForeignScalers
from lag_scaler.kafka_clients import KafkaClients
from lag_scaler.kubernetes_api import KubernetesApi, log_in
from lag_scaler.lease import Lease
from lag_scaler.metrics import Metrics
from lag_scaler.report import Announcement
from lag_scaler.settings import Settings

Announce = Callable[[Mapping[str, Any], Announcement], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Each of them is one for all."""

    settings: Settings
    kubernetes: KubernetesApi
    kafka: KafkaClients
    foreign: ForeignScalers
    lease: Lease
    metrics: Metrics
    announce: Announce


def build_services(
    settings: Settings, access: kopf.OperatorSettings, announce: Announce
) -> Services:
    """The clients, none of which connects yet."""
    timeout = settings.request_timeout_seconds
    kubernetes = KubernetesApi(lambda: log_in(settings=access), timeout_seconds=timeout)
    return Services(
        settings=settings,
        kubernetes=kubernetes,
        kafka=KafkaClients(timeout_seconds=timeout),
        foreign=ForeignScalers(kubernetes, settings.namespace, clock=time.monotonic),
        lease=Lease(
            kubernetes,
            Lease.path(settings.namespace, settings.lease_name),
            holder=settings.identity,
            seconds=settings.lease_seconds,
            clock=time.monotonic,
        ),
        metrics=Metrics(),
        announce=announce,
    )
