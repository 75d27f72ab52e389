"""Failed COPYs in the words that users of Redshift report.

All are XX000, whatever went wrong; only the message and the detail tell them apart. The leader
node reads manifests and lists prefixes (S3ServiceException, S3CurlException), Spectrum reads the
data files (Spectrum Scan Error).
"""

from typing import Final

from botocore.exceptions import ClientError

from redshift_local.refusal import RefusedError

_LINE: Final = "-----------------------------------------------"
_THROTTLED: Final = (429, 503)
_SCAN: Final = "Spectrum Scan Error"
_NO_CONNECTION: Final = "CurlError 7, multiCurlError 0, CanRetry 1, UserError 0"


class LoadError(RefusedError):
    """A COPY that failed: Redshift's own number of the error, and where it happened."""

    def __init__(self, message: str, *, code: int, context: str = "", location: str) -> None:
        Exception.__init__(self, message)
        self.state = "XX000"
        self.detail = "\n  ".join(
            [
                "",
                _LINE,
                f"error:  {message}",
                f"code:      {code}",
                f"context:   {context}",
                "query:     0",
                f"location:  {location}",
                "process:   padbmaster [pid=0]",
                f"{_LINE}\n",
            ]
        )


def role_refused(role: str) -> LoadError:
    """The role cannot be assumed."""
    user = "arn:aws:redshift:us-east-1:000000000000:dbuser:redshift-local/user"
    message = f"User {user} is not authorized to assume IAM Role {role}"
    context = f"IAM Role={role}"
    return LoadError(message, code=8001, context=context, location="xen_aws_credentials_mgr.cpp")


def prefix_missing(prefix: str) -> LoadError:
    """Nothing is there to be loaded."""
    message = f"The specified S3 prefix '{prefix}' does not exist"
    return LoadError(message, code=8001, location="s3_utility.cpp")


def leader_failed(failed: Exception, *, context: str, doing: str = "") -> LoadError:
    """S3 refused the leader node, or did not answer it. The message begins with `doing`."""
    if isinstance(failed, ClientError):
        error, status = failed.response["Error"], _status(failed)
        message = (
            f"{doing}S3ServiceException:{error.get('Message', '')},Status {status},"
            f"Error {error['Code']},Rid 0,ExtRid 0,CanRetry 1"
        )
        return LoadError(message, code=8001, context=context, location="s3_utility.cpp")
    message = f"{doing}S3CurlException: {failed}, {_NO_CONNECTION}"
    return LoadError(message, code=9001, context=context, location="s3_utility.cpp")


def manifest_wrong(message: str) -> LoadError:
    """The manifest exists but has the wrong form."""
    return LoadError(message, code=15003, location="spectrum_manifest.cpp")


def file_failed(failed: Exception) -> LoadError:
    """S3 refused Spectrum a file, or did not answer it."""
    status = _status(failed)
    if isinstance(failed, ClientError) and status < 500 and status not in _THROTTLED:
        error = failed.response["Error"]
        return http_failed(status, f"{error['Code']} {error.get('Message', '')}")
    what = "Access throttled" if status in _THROTTLED else "Retries exceeded"
    return LoadError(f"{_SCAN}: {what}", code=15005, context=str(failed), location="dory_util.cpp")


def http_failed(status: int, message: str) -> LoadError:
    """A request of Spectrum's that S3 answered with an error."""
    return scan_failed(f"Error: HTTP response error code: {status} Message: {message}")


def scan_failed(context: str) -> LoadError:
    """The file does not fit the table."""
    return LoadError(_SCAN, code=15007, context=context, location="dory_util.cpp")


def too_long(column: str, *, limit: int, length: int | str, url: str) -> LoadError:
    """A text or VARBYTE has more bytes than its column."""
    return scan_failed(
        f"The length of the data column {column} is longer than the length defined in the table. "
        f"Table: {limit}, Data: {length}, File name: {url}"
    )


def _status(failed: Exception) -> int:
    if not isinstance(failed, ClientError):
        return 0
    return int(failed.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
