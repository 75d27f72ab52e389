"""Entry point: a health endpoint until SIGTERM."""

import signal
from threading import Event

from service_runtime.health import serve_health
from throw_away.decision import problem
from throw_away.settings import Settings


def main() -> None:
    """Serve until told to end."""
    settings = Settings()  # type: ignore[call-arg]  # from the environment
    end = Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    serve_health(settings.health_host, settings.health_port, alive=problem, ready=problem)
    end.wait()


if __name__ == "__main__":
    main()
