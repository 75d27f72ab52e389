"""Which of the errors that Redshift reports pass, and which are about a value."""

import pytest
import redshift_connector

from service_runtime.errors import PermanentError, TransientError
from warehouse.driver_errors import RefusedDataError, as_vitrine_error, is_transient, refused_value

DENIED = "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 1,ExtRid 2,CanRetry 1"
UNREACHABLE = "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown"
MISSING = "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Rid 1"
ROLE = "User arn:aws:redshift:… is not authorized to assume IAM Role arn:aws:iam::1:role/r"
CONFLICT = "could not complete because of conflict with concurrent transaction"


@pytest.mark.parametrize(
    ("state", "message", "passes"),
    [
        pytest.param("XX000", DENIED, True, id="S3 denied: a policy is changed outside"),
        pytest.param("XX000", UNREACHABLE, True, id="S3 overloaded"),
        pytest.param("XX000", ROLE, True, id="the role cannot be assumed"),
        pytest.param("XX000", CONFLICT, True, id="a DDL conflict"),
        pytest.param("XX000", "1023", True, id="serializable isolation violation"),
        pytest.param("57014", "Query cancelled on user's request", True, id="cancelled"),
        pytest.param("08006", "connection failure", True, id="connection lost"),
        pytest.param("53300", "too many connections", True, id="no connection left"),
        pytest.param("XX000", MISSING, False, id="a staged file that is gone stays gone"),
        pytest.param("XX000", "S3CurlException: CurlError 7 code: 9001", True, id="S3 away"),
        pytest.param("XX000", "Spectrum Scan Error: Access throttled", True, id="throttled"),
        pytest.param("XX000", "Spectrum Scan Error: Retries exceeded", True, id="S3 away midway"),
        pytest.param(
            "XX000",
            "Spectrum Scan Error code: 15007 HTTP response error code: 403",
            True,
            id="a data file denied",
        ),
        pytest.param(
            "XX000",
            "Spectrum Scan Error code: 15007 HTTP response error code: 404",
            False,
            id="a data file gone",
        ),
        pytest.param(
            "XX000",
            "The specified S3 prefix 'x' does not exist code: 8001",
            False,
            id="nothing there",
        ),
        pytest.param("42703", "column does not exist", False, id="a wrong statement"),
        pytest.param("22001", "value too long", False, id="a value that does not fit"),
        pytest.param("XX000", "Spectrum Scan Error code: 15007", False, id="a wrong file"),
    ],
)
def test_errors_are_told_apart_by_state_and_text(state: str, message: str, passes: bool) -> None:
    assert is_transient(state, message) is passes


def block(message: str, code: int, context: str) -> str:
    """The detail that Redshift gives beside a message."""
    return f"\n  error:  {message}\n  code:      {code}\n  context:   {context}\n  query:     7\n"


SCAN = "Spectrum Scan Error"
TOO_LONG = (
    "The length of the data column id_sessao is longer than the length defined in the table. "
    "Table: 4, Data: 6, File name: s3://b/x"
)
LONG_TEXT = "Value too long for character type"
OVERFLOW = "Numeric data overflow (result precision)"


@pytest.mark.parametrize(
    ("state", "message", "detail", "reason"),
    [
        pytest.param(
            "XX000",
            SCAN,
            block(SCAN, 15007, TOO_LONG),
            "longer than the length defined in the table",
            id="COPY of a text that is too long",
        ),
        pytest.param(
            "XX000",
            LONG_TEXT,
            block(LONG_TEXT, 8001, "Value too long for type character varying(4)"),
            "value too long for character type",
            id="INSERT of one, with the number that S3 away has",
        ),
        pytest.param(
            "XX000",
            OVERFLOW,
            block(OVERFLOW, 1058, "64 bit overflow"),
            "numeric data overflow",
            id="a number that is too large",
        ),
        pytest.param(
            "XX000",
            "Cannot insert a NULL value into column preco",
            "",
            "cannot insert a null value into column",
            id="a value that is missing",
        ),
        pytest.param(
            "XX000",
            "Load into table 'lote' failed.  Check 'stl_load_errors' system table for details.",
            "",
            "stl_load_errors",
            id="COPY that names no value",
        ),
        pytest.param(
            "22001", "value too long", "", "SQLSTATE 22001", id="too long, as a parameter"
        ),
        pytest.param("22003", "integer out of range", "", "SQLSTATE 22003", id="out of range"),
        pytest.param("23502", "null value in column", "", "SQLSTATE 23502", id="NULL"),
        pytest.param(
            "22P02",
            'invalid input syntax for type integer: "S3ServiceException does not exist"',
            "",
            "SQLSTATE 22P02",
            id="a sender who writes what an outage says",
        ),
    ],
)
def test_a_value_that_is_refused(state: str, message: str, detail: str, reason: str) -> None:
    reported = redshift_connector.ProgrammingError({"C": state, "M": message, "D": detail})
    error = as_vitrine_error(reported)
    assert isinstance(error, RefusedDataError)
    assert error.reason == reason
    assert str(error) == f"warehouse: it refuses a value: {reason}"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        pytest.param("42P01", 'relation "vendas" does not exist', id="no table"),
        pytest.param("42703", 'column "preco" does not exist', id="no column"),
        pytest.param("42601", "syntax error", id="syntax"),
        pytest.param("42501", "permission denied for relation vendas", id="no permission"),
        pytest.param("22023", "invalid value for parameter", id="a setting"),
        pytest.param(
            "XX000",
            f"{SCAN} code: 15007 context: Unmatched number of columns between table and file.",
            id="columns that are not the table's",
        ),
        pytest.param(
            "XX000",
            f"{SCAN} code: 15007 context: File 'x' has an incompatible Parquet schema for column",
            id="a column of another type",
        ),
        pytest.param("XX000", "Assert", id="whatever else"),
    ],
)
def test_what_is_wrong_for_every_record_is_no_refused_value(state: str, message: str) -> None:
    error = as_vitrine_error(redshift_connector.ProgrammingError({"C": state, "M": message}))
    assert type(error) is PermanentError


def test_an_outage_is_no_refused_value() -> None:
    for message in (DENIED, UNREACHABLE, ROLE, CONFLICT, "1023"):
        assert refused_value("XX000", message) is None
        error = as_vitrine_error(redshift_connector.ProgrammingError({"C": "XX000", "M": message}))
        assert type(error) is TransientError
