"""Errors as pymongo raises them for what a server says."""

from typing import Any

from pymongo import errors


def failure(code: int | None, **details: Any) -> errors.OperationFailure:
    return errors.OperationFailure("said the server", code, {"code": code, **details})


def bulk(*codes: int, concerns: tuple[int, ...] = ()) -> errors.BulkWriteError:
    details = {
        "writeErrors": [{"index": n, "code": c, "errmsg": "u1"} for n, c in enumerate(codes)],
        "writeConcernErrors": [{"code": c} for c in concerns],
    }
    return errors.BulkWriteError(details)
