"""One connection to the warehouse."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import redshift_connector

from warehouse.driver_errors import as_vitrine_error
from warehouse.settings import DEFAULT_SCHEMA, WarehouseSettings
from warehouse.transaction import Transaction

_CONNECT_SECONDS: Final = 15
"""How long connecting may take. Only a peer that is gone takes longer."""
_ANSWER_SECONDS: Final = 120
"""How long a peer that is there may work on one statement."""
_LOST_SECONDS: Final = 10
"""How long nothing may reach the peer before it counts as lost, as a killed pod's address is."""
_KEEPALIVE_SECONDS: Final = 4


class Warehouse:
    """A connection that is opened when first needed and again after it broke.

    Not safe to share between threads. Errors surface as TransientError (away, overloaded, lost
    a race: try the whole transaction again), RefusedDataError (a value is wrong) or another
    PermanentError (the statement is wrong).
    """

    def __init__(self, settings: WarehouseSettings, *, application: str) -> None:
        self._settings = settings
        self._application = application
        self._connection: redshift_connector.Connection | None = None

    @property
    def schema(self) -> str:
        """The schema of unqualified names."""
        return self._settings.warehouse_schema

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit at the end, roll back on any error; a broken connection is thrown away.

        After a TransientError out of the commit itself nobody knows whether it took effect:
        ask the ledger before trying again.
        """
        try:
            connection = self._open()
            yield Transaction(connection.cursor())
            connection.commit()
        except BaseException as error:
            self.close()
            raise as_vitrine_error(error) from error

    def close(self) -> None:
        """Close and ignore errors; what was not committed is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (redshift_connector.Error, OSError):
                return

    def _open(self) -> redshift_connector.Connection:
        if self._connection is None:
            self._connection = redshift_connector.connect(
                host=self._settings.warehouse_host,
                port=self._settings.warehouse_port,
                database=self._settings.warehouse_database,
                user=self._settings.warehouse_user,
                password=self._settings.warehouse_password.get_secret_value(),
                ssl=self._settings.warehouse_ssl,
                sslmode=self._settings.warehouse_ssl_mode,
                timeout=_CONNECT_SECONDS,
                tcp_keepalive_idle=_KEEPALIVE_SECONDS,
                tcp_keepalive_interval=_KEEPALIVE_SECONDS,
                application_name=self._application,
            )
            _bound_waits(self._connection._usock)
            self._choose_schema(self._connection)
        return self._connection

    def _choose_schema(self, connection: redshift_connector.Connection) -> None:
        if self.schema != DEFAULT_SCHEMA:
            connection.cursor().execute(f"SET search_path TO {self.schema}")
            connection.commit()


def _bound_waits(connection: socket.socket) -> None:
    """Notice a lost peer soon; keep-alive alone does not while a statement is being sent.

    The driver has no option for the two time limits, and no public name for its socket.
    """
    connection.settimeout(_ANSWER_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LOST_SECONDS * 1000)
