"""Run redshift-local: `python -m redshift_local.main`, configured by its environment."""

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

from redshift_local.proxy import Proxy
from redshift_local.settings import Settings
from redshift_local.staging import Staging
from service_runtime.logging import configure_logging

_LOADS_AT_ONCE = 4


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with ThreadPoolExecutor(_LOADS_AT_ONCE, thread_name_prefix="copy") as threads:
        staging = Staging(settings.s3_endpoint_url)
        await Proxy(settings, staging=staging, threads=threads).serve(stop)


def main() -> None:
    """The entry point; a port that is taken ends it with one line."""
    settings = Settings()
    configure_logging(settings.log_level)
    try:
        asyncio.run(run(settings))
    except OSError as taken:
        sys.exit(f"redshift-local cannot listen: {taken}")


if __name__ == "__main__":
    main()
