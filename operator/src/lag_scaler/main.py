"""Entry point: kopf over the StreamScalers of one namespace, with a health endpoint."""

import asyncio
import logging
import time

import kopf

from lag_scaler.conflicts import ForeignScalers
from lag_scaler.handlers import announce, kopf_settings, register
from lag_scaler.kafka_access import KafkaClients
from lag_scaler.kubernetes_api import KubernetesApi, log_in
from lag_scaler.lease import Lease
from lag_scaler.liveness import Liveness
from lag_scaler.metrics import Metrics
from lag_scaler.scaler import Services
from lag_scaler.scalers import Scalers
from lag_scaler.settings import Settings
from service_runtime.health import serve_health
from service_runtime.logging import configure_logging
from service_runtime.telemetry import configure_telemetry


def build_services(settings: Settings, access: kopf.OperatorSettings) -> Services:
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


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = Settings()
    configure_logging(settings.log_level)
    # Otherwise a line for each event of the watch, and so for each status that is written.
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    configure_telemetry("lag-scaler")
    access = kopf_settings(settings)
    liveness = Liveness(time.monotonic)
    scalers = Scalers(build_services(settings, access), liveness)
    health = serve_health(
        settings.health_host,
        settings.health_port,
        alive=scalers.problem,
        ready=lambda: scalers.problem() or liveness.unready(),
    )
    operator = kopf.operator(
        registry=register(scalers, liveness),
        settings=access,
        standalone=True,
        namespaces=[settings.namespace],
    )
    asyncio.run(operator)
    health.shutdown()


if __name__ == "__main__":
    main()
