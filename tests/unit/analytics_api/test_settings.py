import pytest
from pydantic import SecretStr, ValidationError

from analytics_api.settings import Settings


def settings(**changes: object) -> Settings:
    known: dict[str, object] = {
        "warehouse_host": "w",
        "warehouse_user": "u",
        "warehouse_password": SecretStr("p"),
        "mongo_url": SecretStr("mongodb://m"),
        "kafka_bootstrap_servers": "k:9092",
    }
    return Settings.model_validate(known | changes)


def test_the_shop_is_in_sao_paulo_unless_told() -> None:
    assert settings().shop_timezone == "America/Sao_Paulo"
    assert settings(shop_timezone="Europe/Lisbon").shop_timezone == "Europe/Lisbon"


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "America/Sao_Paulo'"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        settings(shop_timezone=name)
