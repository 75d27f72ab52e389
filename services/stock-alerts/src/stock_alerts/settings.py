"""The settings of stock-alerts."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, SecretStr, model_validator

from service_runtime.settings import HTTP_URL, MongoSettings, Port, TimeZone

MAIL_ADDRESSES = r"^[^@,\s]+@[^@,\s]+( *, *[^@,\s]+@[^@,\s]+)*$"


class MailSettings(MongoSettings):
    """Where e-mail is sent; without `mail_to` there is none."""

    mail_to: str | None = Field(default=None, pattern=MAIL_ADDRESSES)
    """Addresses, separated by commas."""
    mail_from: str | None = Field(default=None, pattern=r"^[^@,\s]+@[^@,\s]+$")
    smtp_host: str | None = None
    smtp_port: Port = 587
    smtp_security: Literal["starttls", "tls", "plaintext"] = "starttls"
    """`plaintext` sends no password."""
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        needed = ("mail_from", "smtp_host") if self.mail_to else ()
        if lacking := [name.upper() for name in needed if not getattr(self, name)]:
            raise ValueError(f"MAIL_TO needs {' and '.join(lacking)}")
        if bool(self.smtp_username) != bool(self.smtp_password):
            raise ValueError("SMTP_USERNAME and SMTP_PASSWORD go together")
        if self.smtp_username and self.smtp_security == "plaintext":
            raise ValueError("SMTP_SECURITY=plaintext would send a password that anyone can read")
        return self


class Settings(MailSettings):
    """Durations are seconds, unless a name says days."""

    not_above: ClassVar[Mapping[str, str]] = {"open_days": "close_days"}

    health_host: str = "127.0.0.1"
    health_port: Port = 8050
    analytics_api_url: str = Field(default="http://127.0.0.1:8000", pattern=HTTP_URL)
    shop_timezone: TimeZone = "America/Sao_Paulo"
    """The time zone of the times in messages."""
    evaluation_seconds: float = Field(default=30.0, ge=1)
    """Between two looks at the stock."""
    open_days: float = Field(default=2.0, gt=0, le=3650)
    """An alert opens when the stock lasts no longer."""
    close_days: float = Field(default=3.0, gt=0, le=3650)
    """It closes when the stock lasts longer."""
    webhook_url: SecretStr | None = None
    """Where alerts are posted; the URL may hold a token, hence a secret."""
