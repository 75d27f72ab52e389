"""Failures of S3 in Redshift's words."""

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from redshift_local.load_errors import LoadError, file_failed, leader_failed, role_refused


def refusal(status: int, code: str, message: str) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}}
    return ClientError({**response, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")


AWAY = EndpointConnectionError(endpoint_url="http://s3")
MISSING = refusal(404, "NoSuchKey", "The specified key does not exist.")
DENIED = refusal(403, "AccessDenied", "Access Denied")
SLOW = refusal(503, "SlowDown", "Please reduce your request rate.")
BROKEN = refusal(500, "InternalError", "We encountered an internal error.")


def shown(error: LoadError) -> tuple[str, str]:
    """Redshift's number of the error and its context."""
    lines = dict(line.strip().split(":", 1) for line in error.detail.splitlines() if ":" in line)
    assert lines["error"].strip() == str(error)
    assert error.state == "XX000"
    return lines["code"].strip(), lines["context"].strip()


@pytest.mark.parametrize(
    ("failed", "message", "code"),
    [
        (MISSING, "S3ServiceException:The specified key does not exist.,Status 404,", "8001"),
        (DENIED, "S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 0,", "8001"),
        (SLOW, "S3ServiceException:Please reduce your request rate.,Status 503,", "8001"),
        (AWAY, "S3CurlException: Could not connect to the endpoint URL", "9001"),
    ],
)
def test_the_leader(failed: ClientError | BotoCoreError, message: str, code: str) -> None:
    error = leader_failed(failed, context="s3://b/m", doing="Problem reading manifest file - ")
    assert str(error).startswith(f"Problem reading manifest file - {message}")
    assert shown(error) == (code, "s3://b/m")


@pytest.mark.parametrize(
    ("failed", "message", "code", "context"),
    [
        (
            MISSING,
            "Spectrum Scan Error",
            "15007",
            "error code: 404 Message: NoSuchKey The specified",
        ),
        (DENIED, "Spectrum Scan Error", "15007", "code: 403 Message: AccessDenied Access Denied"),
        (
            SLOW,
            "Spectrum Scan Error: Access throttled",
            "15005",
            "Please reduce your request rate.",
        ),
        (BROKEN, "Spectrum Scan Error: Retries exceeded", "15005", "internal error"),
        (AWAY, "Spectrum Scan Error: Retries exceeded", "15005", "Could not connect"),
    ],
)
def test_data_files(
    failed: ClientError | BotoCoreError, message: str, code: str, context: str
) -> None:
    error = file_failed(failed)
    assert str(error) == message
    found, where = shown(error)
    assert found == code
    assert context in where


def test_the_role() -> None:
    error = role_refused("r")
    assert str(error).endswith("is not authorized to assume IAM Role r")
    assert shown(error) == ("8001", "IAM Role=r")
