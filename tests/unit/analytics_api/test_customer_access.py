"""Who may read what one customer did."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from tests.support.analytics import filled_memory

from analytics_api.app import create_app
from analytics_api.customer_access import CustomerAccess, is_loopback

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("token", "host", "authorization", "status"),
    [
        pytest.param(None, "127.0.0.1", None, 200, id="on this machine"),
        pytest.param(None, "0.0.0.0", None, 403, id="from anywhere, and there is no token"),
        pytest.param(None, "0.0.0.0", f"Bearer {TOKEN}", 403, id="a token is of no use then"),
        pytest.param(TOKEN, "0.0.0.0", f"Bearer {TOKEN}", 200, id="the token"),
        pytest.param(TOKEN, "0.0.0.0", f"bearer  {TOKEN}", 200, id="written otherwise"),
        pytest.param(TOKEN, "127.0.0.1", None, 401, id="none, though on this machine"),
        pytest.param(TOKEN, "0.0.0.0", f"Basic {TOKEN}", 401, id="another scheme"),
        pytest.param(TOKEN, "0.0.0.0", "Bearer ", 401, id="empty"),
        pytest.param(TOKEN, "0.0.0.0", f"Bearer {TOKEN}x", 401, id="wrong"),
    ],
)
def test_who_may_ask(token: str | None, host: str, authorization: str | None, status: int) -> None:
    memory = replace(filled_memory(), access=CustomerAccess.of(token, listen_host=host))
    headers = {"Authorization": authorization} if authorization else {}
    with TestClient(create_app(memory)) as client:
        answer = client.get("/usuarios/ana/atividade", headers=headers)
        assert answer.status_code == status
        assert ("www-authenticate" in answer.headers) == (status == 401)
        assert TOKEN not in answer.text
        assert client.get("/estoque").status_code == 200


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *((host, True) for host in ("127.0.0.1", "127.8.0.1", "::1", "localhost")),
        *((host, False) for host in ("0.0.0.0", "::", "10.0.0.1", "api.example")),
    ],
)
def test_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local
