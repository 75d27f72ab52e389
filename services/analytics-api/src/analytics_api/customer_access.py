"""Who may read what one customer did."""

from dataclasses import dataclass
from ipaddress import ip_address

from analytics_api.problems import ForbiddenError, UnauthorizedError
from service_runtime.bearer import has_token


@dataclass(frozen=True, slots=True)
class CustomerAccess:
    """With a token, whoever has it. Without one, whoever is on this machine: `is_local` says that
    nobody else can connect."""

    token: str | None = None
    is_local: bool = False

    @classmethod
    def of(cls, token: str | None, *, listen_host: str) -> "CustomerAccess":
        """The access rule that the settings of the process give."""
        return cls(token, is_loopback(listen_host))

    def check(self, authorization: str | None) -> None:
        """Raises ForbiddenError where there is no token to give, UnauthorizedError where a wrong
        one or none was given; how long that takes says nothing of the token."""
        if self.token is None:
            if not self.is_local:
                raise ForbiddenError("set CUSTOMER_TOKEN to let callers with that token read this")
            return
        if not has_token((authorization or "").encode("latin-1"), self.token):
            raise UnauthorizedError("this needs `Authorization: Bearer` and the right token")


def is_loopback(host: str) -> bool:
    """Whether a process that listens on this host is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
