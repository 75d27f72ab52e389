"""Sends notices by e-mail."""

import logging
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from typing import Final
from zoneinfo import ZoneInfo

from service_runtime.errors import TransientError
from stock_alerts.notices import Notice, lines, message_key, subject
from stock_alerts.settings import MailSettings

_TIMEOUT_SECONDS: Final = 20.0

logger = logging.getLogger(__name__)


class Mail:
    """One message for all notices that are due, to all addresses at once. A message with the same
    notices has the same Message-ID."""

    name = "email"

    def __init__(self, settings: MailSettings, zone: ZoneInfo) -> None:
        self._settings = settings
        self._zone = zone
        self._tls = ssl.create_default_context()

    def deliver(self, notices: Sequence[Notice]) -> None:
        """Raises TransientError, without addresses, unless the server took it for somebody: to send
        it again would send it to them twice."""
        try:
            server = self._connected()
            try:
                refused = server.send_message(self._message(notices))
            finally:
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise TransientError(f"e-mail: {_describe(error)}") from None
        if refused:
            logger.error("the mail server refused addresses", extra={"refused": len(refused)})

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        host = settings.smtp_host or ""
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, settings.smtp_port, timeout=_TIMEOUT_SECONDS, context=self._tls
            )
        else:
            server = smtplib.SMTP(host, settings.smtp_port, timeout=_TIMEOUT_SECONDS)
        if settings.smtp_security == "starttls":
            server.starttls(context=self._tls)
        if settings.smtp_username and settings.smtp_password:
            server.login(settings.smtp_username, settings.smtp_password.get_secret_value())
        return server

    def _message(self, notices: Sequence[Notice]) -> EmailMessage:
        message = EmailMessage()
        sender = self._settings.mail_from or ""
        message["Subject"] = subject(notices)
        message["From"] = sender
        message["To"] = self._settings.mail_to or ""
        # Short, since a line of this header must not be folded.
        name, domain = message_key(notices)[:32], sender.partition("@")[2]
        message["Message-ID"] = f"<{name}@{domain}>"
        message.set_content("\n".join(lines(notices, self._zone)) + "\n")
        return message


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__
