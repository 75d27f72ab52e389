"""MongoDB: connecting, and which of its errors are transient.

Texts of errors contain no values, since a server quotes whole documents.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from bson.errors import BSONError
from pymongo import MongoClient
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    OperationFailure,
    ProtocolError,
    PyMongoError,
)

from service_runtime.errors import PermanentError, TransientError
from service_runtime.mongo_certificate import certificate_options
from service_runtime.settings import MongoSettings

Document: TypeAlias = dict[str, Any]

_SELECTION_MS: Final = 5000
UNENCODABLE: Final = (BSONError, OverflowError, UnicodeEncodeError, RecursionError)
"""The errors of pymongo and others for a document that BSON cannot hold."""

TRANSIENT_LABELS: Final = frozenset(
    {"RetryableError", "RetryableWriteError", "SystemOverloadedError", "TransientTransactionError"}
)
TRANSIENT_CODES: Final = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        24,  # LockTimeout
        43,  # CursorNotFound
        50,  # MaxTimeMSExpired
        63,  # StaleShardVersion
        64,  # WriteConcernTimeout
        89,  # NetworkTimeout
        90,  # CallbackCanceled
        91,  # ShutdownInProgress
        100,  # UnsatisfiableWriteConcern
        107,  # LockFailed
        112,  # WriteConflict
        117,  # ConflictingOperationInProgress
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        150,  # StaleEpoch
        175,  # QueryPlanKilled
        189,  # PrimarySteppedDown
        202,  # NetworkInterfaceExceededTimeLimit
        237,  # CursorKilled
        246,  # SnapshotUnavailable
        249,  # StaleDbVersion
        251,  # NoSuchTransaction
        262,  # ExceededTimeLimit
        290,  # TransactionExceededLifetimeLimitSeconds
        317,  # ConnectionPoolExpired
        365,  # TemporarilyUnavailable
        391,  # ReauthenticationRequired
        462,  # IngressRequestRateLimitExceeded
        9001,  # SocketException
        10058,  # NotPrimary, of old servers
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11601,  # Interrupted
        11602,  # InterruptedDueToReplStateChange
        12586,  # BackgroundOperationInProgressForDatabase
        12587,  # BackgroundOperationInProgressForNamespace
        13388,  # StaleConfig
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
        14031,  # OutOfDiskSpace
        16500,  # TooManyRequests, of Azure Cosmos DB
    }
)


def connect(
    settings: MongoSettings, *, application: str, timeout: float | None = 10.0
) -> MongoClient[Document]:
    """A client whose calls end within `timeout` seconds, retries included; None is no limit.

    Datetimes that it reads are timezone-aware UTC. The server need not be up yet.
    """
    return MongoClient(
        settings.mongo_url.get_secret_value(),
        **certificate_options(settings),
        appname=application,
        tz_aware=True,
        serverSelectionTimeoutMS=_SELECTION_MS,
        timeoutMS=None if timeout is None else round(timeout * 1000),
    )


@contextmanager
def mongo_errors() -> Iterator[None]:
    """Turn pymongo's errors into TransientError or PermanentError, around awaited calls too."""
    try:
        yield
    except (PyMongoError, *UNENCODABLE) as error:
        kind = TransientError if is_transient(error) else PermanentError
        raise kind(f"mongodb: {describe(error)}") from error


def is_transient(error: Exception) -> bool:
    """Whether the same call may succeed later.

    A server's error code that is not in TRANSIENT_CODES is final.
    """
    if isinstance(error, BulkWriteError):
        return any(_passes(each) for each in write_errors(error) + concern_errors(error))
    if isinstance(error, OperationFailure):
        labelled = any(error.has_error_label(label) for label in TRANSIENT_LABELS)
        return labelled or error.timeout or error.code in TRANSIENT_CODES
    return isinstance(error, ConnectionFailure | ProtocolError)


def describe(error: Exception) -> str:
    """A description of the error without any value."""
    if isinstance(error, BulkWriteError):
        codes = {each.get("code") for each in write_errors(error) + concern_errors(error)}
        return f"BulkWriteError {sorted(map(str, codes))}"
    if isinstance(error, OperationFailure):
        return f"{type(error).__name__} {code_of({'code': error.code, **(error.details or {})})}"
    return type(error).__name__ if isinstance(error, UNENCODABLE) else str(error)


def write_errors(error: BulkWriteError) -> list[Document]:
    """The errors of single writes, with the index of each."""
    return list(error.details.get("writeErrors", ()))


def concern_errors(error: BulkWriteError) -> list[Document]:
    """The errors of the whole call, which may be undone."""
    return list(error.details.get("writeConcernErrors", ()))


def _passes(error: Mapping[str, Any]) -> bool:
    return error.get("code") in TRANSIENT_CODES or bool(error.get("errInfo", {}).get("wtimeout"))


def code_of(error: Mapping[str, Any]) -> str:
    """A description without any value."""
    return f"{error.get('codeName', 'code')} {error.get('code')}"
