"""Settings that cannot work are refused at the start."""

import pytest
from pydantic import ValidationError

from stock_alerts.settings import Settings

GOOD = {"mongo_url": "mongodb://m", "mail_to": "a@x.example, b@x.example", "smtp_host": "mail"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"smtp_host": None}, "MAIL_TO needs SMTP_HOST"),
        ({"mail_from": None, "smtp_host": None}, "MAIL_TO needs MAIL_FROM and SMTP_HOST"),
        ({"mail_to": "a@x.example;b@x.example"}, "mail_to"),
        ({"smtp_username": "u"}, "SMTP_USERNAME and SMTP_PASSWORD go together"),
        (
            {"smtp_username": "u", "smtp_password": "p", "smtp_security": "plaintext"},
            "SMTP_SECURITY=plaintext",
        ),
        ({"open_days": 4.0}, "OPEN_DAYS, 4.0, is above CLOSE_DAYS, 3.0"),
        ({"shop_timezone": "Brasilia"}, "not an IANA time zone"),
    ],
)
def test_what_cannot_work(change: dict[str, object], words: str) -> None:
    good = {**GOOD, "mail_from": "v@x.example"}
    assert Settings.model_validate(good).mail_from == "v@x.example"
    with pytest.raises(ValidationError) as refusal:
        Settings.model_validate(good | change)
    assert words in str(refusal.value)
