"""Posts notices to a webhook."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import urllib3

from service_runtime.errors import TransientError
from stock_alerts.notices import Notice, message_key

_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=20.0)


class Webhook:
    """One URL, which gets a JSON object with a list `avisos`. A notice that comes again has the
    same `id`; a request with the same notices has the same `Idempotency-Key`."""

    name = "webhook"

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def deliver(self, notices: Sequence[Notice]) -> None:
        """Raises TransientError, without the URL, unless the answer is a 2xx."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": message_key(notices)}
        body = msgspec.json.encode({"avisos": [_document(notice) for notice in notices]})
        try:
            answer = self._pool.request(
                "POST", self._url, body=body, headers=headers, redirect=False, preload_content=False
            )
            answer.close()
        except urllib3.exceptions.HTTPError as error:
            raise TransientError(f"webhook: {type(error).__name__}") from None
        if not 200 <= answer.status < 300:
            raise TransientError(f"webhook: answered {answer.status}")


def _document(notice: Notice) -> dict[str, Any]:
    alert = notice.alert
    return {
        "id": notice.id_aviso,
        "estado": str(notice.state),
        "id_produto": alert.id_produto,
        "nivel_estoque": alert.units,
        "dias_cobertura": alert.days,
        "esgota_em": alert.sold_out_at,
        "aberto_em": alert.opened_at,
        "fechado_em": alert.closed_at,
    }
