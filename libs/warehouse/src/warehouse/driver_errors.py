"""Maps the driver's errors to TransientError, PermanentError and RefusedDataError.

The driver raises ProgrammingError for almost everything. What happened stands in the SQLSTATE and,
under the catch-all XX000, in the text alone.
"""

import struct
from typing import Final

import redshift_connector

from service_runtime.errors import PermanentError, TransientError

_TRANSIENT_STATES: Final = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes that pass: connection, rollback, resources, not ready, intervention, system."""
_TRANSIENT_CODES: Final = ("1020", "1023")
"""Redshift's own, before the text: aborted by workload management, serializable violation."""
_PASSING: Final = (
    "s3serviceexception",
    "code: 8001",
    "curlerror",
    "access throttled",
    "retries exceeded",
    "s3 query exception",
    "http response error code: 403",
    "requires full path of an s3 object",  # what a manifest that may not be read is told as
    "not authorized to assume",
    "not authorized to get credentials",
    "conflict with concurrent transaction",
)
_GONE: Final = (
    "nosuchkey",
    "nosuchbucket",
    "status 404",
    "http response error code: 404",
    "does not exist",
)
_DATA_EXCEPTION: Final = "22"
_NULL_REFUSED: Final = "23502"
_OF_THE_STATEMENT: Final = ("22023", "22P03", "22P04")
"""Class 22 too, and never due to a record: a setting, a parameter's or a file's format."""
_REFUSED_VALUES: Final = (
    "longer than the length defined in the table",  # COPY from Parquet
    "value too long for character type",
    "numeric data overflow",
    "value out of range for",
    "cannot insert a null value into column",
    "string contains invalid or unsupported utf",
    "stl_load_errors",  # where COPY says what it could not load
    "sys_load_error_detail",
)
"""What Redshift says of values, all of it under XX000. A file whose columns are not the table's is
a "Spectrum Scan Error" too, and not among them: that is wrong for every record."""


class RefusedDataError(PermanentError):
    """The warehouse refuses a value; it would take the batch without the record that holds it.

    `reason` quotes no value, since records may hold personal data.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"warehouse: it refuses a value: {reason}")
        self.reason = reason


def as_vitrine_error(error: BaseException) -> BaseException:
    """The driver's errors as TransientError, RefusedDataError or PermanentError; others as is."""
    if isinstance(error, OSError | redshift_connector.InterfaceError | struct.error):
        # struct.error: the driver unpacks what it got when the server died
        return TransientError(f"warehouse: {error}")
    if not isinstance(error, redshift_connector.Error):
        return error
    detail = error.args[0] if error.args and isinstance(error.args[0], dict) else None
    if detail is None:
        transient = isinstance(error, redshift_connector.OperationalError)
        return _as_transient_or_permanent(error, transient=transient)
    state = str(detail.get("C", ""))
    message = " ".join(str(detail.get(field, "")) for field in ("M", "D"))
    reason = refused_value(state, message)
    if reason is not None:
        return RefusedDataError(reason)
    return _as_transient_or_permanent(error, transient=is_transient(state, message))


def _as_transient_or_permanent(error: redshift_connector.Error, *, transient: bool) -> Exception:
    kind = TransientError if transient else PermanentError
    return kind(f"warehouse: {error}")


def refused_value(state: str, message: str) -> str | None:
    """Why a value is refused; None where the error is of another kind.

    Ask this before `is_transient`: the text of such an error may quote what a sender wrote.
    """
    text = message.lower()
    known = next((phrase for phrase in _REFUSED_VALUES if phrase in text), None)
    if state == "XX000":
        return known
    is_exception = state.startswith(_DATA_EXCEPTION) and state not in _OF_THE_STATEMENT
    return f"SQLSTATE {state}" if is_exception or state == _NULL_REFUSED else None


def is_transient(state: str, message: str) -> bool:
    """Whether an error that is about no value may pass by itself.

    A staged file that is missing stays missing: the batch must be staged again.
    """
    text = message.lower()
    if any(gone in text for gone in _GONE):
        return False
    return (
        state[:2] in _TRANSIENT_STATES
        or message.startswith(_TRANSIENT_CODES)
        or any(passing in text for passing in _PASSING)
    )
