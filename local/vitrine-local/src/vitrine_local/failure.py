"""The errors of the local platform; the message of each is one line."""


class LocalError(Exception):
    """The platform cannot start or go on; the message is one line that says why."""

    exit_code = 1
    """Of the command that fails with it."""


class NotAuditedError(LocalError):
    """There was no audit: nothing runs, or the warehouse does not answer."""

    exit_code = 3


class PartError(LocalError):
    """One part failed; `tail` has the last lines of its log, `code` its exit code if it ended."""

    def __init__(self, part: str, reason: str, tail: list[str], code: int | None = None) -> None:
        super().__init__(f"{part} {reason}")
        self.part = part
        self.reason = reason
        self.tail = tail
        self.code = code
