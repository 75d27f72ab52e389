"""Entry point: kopf over the StreamScalers of one namespace, with a health endpoint."""

import asyncio
import logging
import time
from typing import Any, cast

import kopf

from lag_scaler.handlers import announce, kopf_settings, register
from lag_scaler.liveness import Liveness
from lag_scaler.running_scalers import RunningScalers
from lag_scaler.services import build_services
from lag_scaler.settings import Settings
from service_runtime.health import serve_health
from service_runtime.logging import configure_logging
from service_runtime.telemetry import configure_telemetry


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = Settings()
    configure_logging(settings.log_level)
    # Otherwise a line for each event of the watch, and so for each status that is written.
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    configure_telemetry("lag-scaler")
    access = kopf_settings(settings)
    liveness = Liveness(time.monotonic)
    scalers = RunningScalers(build_services(settings, access, announce), liveness)
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
        # Otherwise kopf asks for the name of the user, and the image's has none.
        identity=cast(Any, settings.identity),
        namespaces=[settings.namespace],
    )
    asyncio.run(operator)
    health.shutdown()


if __name__ == "__main__":
    main()
