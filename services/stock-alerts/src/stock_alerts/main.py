"""Entry point: look at the stock, and send alerts to each destination from a thread of its own."""

import signal
from datetime import UTC, datetime
from threading import Event, Thread
from zoneinfo import ZoneInfo

from service_runtime.health import serve_health
from service_runtime.logging import configure_logging
from service_runtime.mongo import connect
from service_runtime.telemetry import configure_telemetry
from stock_alerts.alerts import Policy
from stock_alerts.delivery import Delivery, Destination
from stock_alerts.evaluation import Evaluation
from stock_alerts.mail import Mail
from stock_alerts.repeat import Repeat
from stock_alerts.settings import Settings
from stock_alerts.stock_client import StockClient
from stock_alerts.storage import AlertStore
from stock_alerts.webhook import Webhook

_SEND_EVERY_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 300.0
_JOIN_SECONDS = 30.0


def destinations(settings: Settings) -> list[Destination]:
    """The destinations that the settings name."""
    found: list[Destination] = []
    if settings.webhook_url:
        found.append(Webhook(settings.webhook_url.get_secret_value()))
    if settings.mail_to:
        found.append(Mail(settings, ZoneInfo(settings.shop_timezone)))
    return found


def _now() -> datetime:
    """To the millisecond, as MongoDB keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _loops(settings: Settings, stop: Event) -> tuple[Repeat, list[Repeat]]:
    client = connect(settings, application="stock-alerts")
    store = AlertStore(client[settings.mongo_database])
    policy = Policy(settings.open_days, settings.close_days)
    look = Evaluation(StockClient(settings.analytics_api_url), store, policy, clock=_now)
    every = settings.evaluation_seconds
    evaluation = Repeat("look at the stock", look, every=every, max_pause=every, stop=stop)
    senders = [
        Repeat(
            f"send to {destination.name}",
            Delivery(destination, store, clock=_now),
            every=_SEND_EVERY_SECONDS,
            max_pause=_LONGEST_PAUSE_SECONDS,
            stop=stop,
        )
        for destination in destinations(settings)
    ]
    return evaluation, senders


def main() -> None:
    """Run until SIGTERM or SIGINT, and finish what is being sent."""
    settings = Settings()
    configure_logging(settings.log_level)
    configure_telemetry("stock-alerts")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    evaluation, senders = _loops(settings, stop)
    threads = [Thread(target=sender.run, daemon=True) for sender in senders]
    for thread in threads:
        thread.start()
    health = serve_health(
        settings.health_host,
        settings.health_port,
        alive=lambda: None if all(t.is_alive() for t in threads) else "a sender ended",
        ready=lambda: evaluation.problem,
    )
    evaluation.run()
    for thread in threads:
        thread.join(_JOIN_SECONDS)
    health.shutdown()


if __name__ == "__main__":
    main()
