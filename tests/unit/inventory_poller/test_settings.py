import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from inventory_poller.adapters.bling import BlingSource
from inventory_poller.adapters.vitrine import VitrineSource
from inventory_poller.settings import Settings
from inventory_poller.sources import credentials_of

ROOT = Path(__file__).parents[3]
VITRINE = {"id": "cd", "url": "https://cd.example"}
BLING = {"id": "erp", "api": "bling", "url": "https://api.bling.com.br/Api/v3"}
TOKENS = {"client_id": "a", "client_secret": "b", "refresh_token": "sekret"}


def settings(monkeypatch: pytest.MonkeyPatch, *apis: Any, credentials: Any = None) -> Settings:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
    monkeypatch.setenv("STOCK_APIS", json.dumps(apis))
    if credentials is not None:
        text = credentials if isinstance(credentials, str) else json.dumps(credentials)
        monkeypatch.setenv("STOCK_CREDENTIALS", text)
    return Settings()


def test_the_adapter_is_chosen_by_api(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, VITRINE, BLING, credentials={"erp": TOKENS})
    assert [type(source) for source in found.stock_apis] == [VitrineSource, BlingSource]
    given = found.stock_credentials.get_secret_value()
    bling = credentials_of(found.stock_apis[1], given)
    assert bling.model_dump()["refresh_token"].get_secret_value() == "sekret"


def test_nothing_to_poll_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch).stock_apis == ()


def test_the_products_of_some_sources_fit_in_the_memory_of_the_pod() -> None:
    """Six sources of which each knows as many products as it may, each of 250 bytes."""
    values = yaml.safe_load((ROOT / "charts/inventory-poller/values.yaml").read_text())
    limit = values["resources"]["limits"]["memory"]
    assert limit.endswith("Mi")
    known = 6 * 250 * VitrineSource.model_validate(VITRINE).max_products
    assert known < 0.6 * int(limit.removesuffix("Mi")) * 2**20


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"api": "tiny"}, "tag 'tiny'", id="no such API"),
        pytest.param({"urls": "x"}, "Extra inputs", id="a mistyped key"),
        pytest.param({"url": "http://cd.example"}, "allow_private", id="no TLS"),
        pytest.param({"url": "cd.example"}, "url", id="no URL"),
        pytest.param({"url": "https://u:secret@cd.example"}, "no user", id="a password in it"),
        pytest.param({"url": "https://@cd.example"}, "no user", id="an empty user"),
        pytest.param({"url": "https://cd.example:99999"}, "1 to 65535", id="no such port"),
        pytest.param({"url": "https://cd.example:0"}, "1 to 65535", id="port 0"),
        pytest.param({"url": "https://cd.example:x"}, "1 to 65535", id="a port that is text"),
        pytest.param({"url": "https://:443/x"}, "a host", id="no host"),
        pytest.param({"url": "https://[::1/x"}, "a host", id="half an address"),
        pytest.param({"url": "https://cd.example/a?k=1"}, "no query", id="a query"),
        pytest.param({"url": "https://cd.example/a#b"}, "no fragment", id="a fragment"),
        pytest.param({"id": "null"}, "id: expected", id="an id for nothing"),
        pytest.param({"poll_seconds": 0}, "poll_seconds", id="no pause"),
        pytest.param({"untracked_level": 9}, "untracked_level", id="what it always tracks"),
        pytest.param(
            {"api": "vtex", "untracked_level": 0}, "greater than", id="untracked and sold out"
        ),
    ],
)
def test_a_wrong_source_is_refused(
    change: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValidationError, match=problem) as caught:
        settings(monkeypatch, VITRINE | change)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://cd.example:8443/a/", "https://[2001:db8::1]/a"])
def test_a_url_may_have_a_port_and_an_address(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, VITRINE | {"url": url}).stock_apis[0].url == url


GENERIC = VITRINE | {"api": "generic", "product": "p", "level": "n"}
VTEX = VITRINE | {"api": "vtex"}


@pytest.mark.parametrize(
    ("source", "other", "is_refused"),
    [
        pytest.param(GENERIC | {"location": "l"}, {"id": "cd.1"}, True, id="an id"),
        pytest.param(
            GENERIC | {"location": "l"},
            {"id": "x", "further_locations": ["cd.1"]},
            True,
            id="a further location",
        ),
        pytest.param(VTEX, {"id": "cd.1"}, True, id="of another API"),
        pytest.param(VTEX, {"id": "cd-1"}, False, id="another name"),
        pytest.param(VTEX | {"location_names": {"1": "a"}}, {"id": "cd.1"}, False, id="named"),
        pytest.param(GENERIC, {"id": "cd.1"}, False, id="no locations"),
        pytest.param(VITRINE, {"id": "cd.1"}, False, id="only its own"),
    ],
)
def test_a_source_without_names_writes_to_no_location_of_another(
    source: dict[str, Any], other: dict[str, Any], is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"cd": {"app_key": "a", "app_token": "b"}} if source.get("api") == "vtex" else {}
    apis = (source, VITRINE | other)
    if is_refused:
        with pytest.raises(ValidationError, match=r"'cd' may write to 'cd\.1' too"):
            settings(monkeypatch, *apis, credentials=keys)
    else:
        assert len(settings(monkeypatch, *apis, credentials=keys).stock_apis) == 2


def test_all_problems_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = {"erp": {"client_id": "a"}, "outra": {}, "cd": {"tokem": "sekret"}}
    more = VITRINE | {"further_locations": ["erp"]}
    with pytest.raises(ValidationError) as caught:
        settings(monkeypatch, more, BLING, credentials=credentials)
    text = str(caught.value)
    for problem in (
        "two sources write to 'erp'",
        "no source is named 'outra'",
        "erp: client_secret: Field required",
        "erp: refresh_token: Field required",
        "cd: tokem: Extra inputs are not permitted",
    ):
        assert problem in text
    assert "sekret" not in text


SHOP = VITRINE | {"api": "woocommerce", "webhooks": True}
KEY = {"consumer_key": "a", "consumer_secret": "b"}


@pytest.mark.parametrize(
    ("source", "credentials"),
    [
        pytest.param(SHOP, KEY | {"webhook_secret": "c"}, id="a secret of its own"),
        pytest.param(BLING | {"id": "cd", "webhooks": True}, TOKENS, id="that of the app"),
    ],
)
def test_webhooks_are_taken_where_they_are_switched_on(
    source: dict[str, Any], credentials: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on = settings(monkeypatch, source, credentials={"cd": credentials})
    assert on.takes_webhooks
    off = settings(monkeypatch, source | {"webhooks": False}, credentials={"cd": credentials})
    assert not off.takes_webhooks


@pytest.mark.parametrize(
    ("source", "credentials", "problem"),
    [
        pytest.param(SHOP, KEY, "cd: webhook_secret: expected", id="no secret"),
        pytest.param(SHOP, KEY | {"webhook_secret": ""}, "webhook_secret", id="an empty one"),
        pytest.param(
            VTEX | {"webhooks": True}, {}, "webhooks: those of this API", id="no webhooks"
        ),
        pytest.param(VITRINE | {"webhooks": True}, {}, "webhooks: those", id="not needed"),
    ],
)
def test_webhooks_that_cannot_be_verified_are_refused(
    source: dict[str, Any],
    credentials: dict[str, str],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValidationError, match=problem):
        settings(monkeypatch, source, credentials={"cd": credentials})


def test_webhooks_have_a_port_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_PORT", "8040")
    assert settings(monkeypatch, VITRINE).webhook_port == 8040
    with pytest.raises(ValidationError, match="another than HEALTH_PORT"):
        settings(monkeypatch, SHOP, credentials={"cd": KEY | {"webhook_secret": "c"}})


@pytest.mark.parametrize("credentials", ['["sekret"]', '{"cd": "sekret"}', "sekret"])
def test_credentials_of_another_shape_are_refused_and_not_quoted(
    credentials: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValidationError, match="JSON object of objects") as caught:
        settings(monkeypatch, VITRINE, credentials=credentials)
    assert "sekret" not in str(caught.value)
