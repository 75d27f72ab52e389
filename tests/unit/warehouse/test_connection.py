"""Which of the errors that Redshift reports pass by themselves."""

import pytest

from warehouse.connection import is_transient

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
