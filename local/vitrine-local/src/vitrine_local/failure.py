"""What can go wrong here, each said in one line."""


class LocalError(Exception):
    """The platform cannot start or go on; the message is one line that says why."""


class PartError(LocalError):
    """One part failed; `tail` holds the last lines of its log, `code` how it ended, if it did."""

    def __init__(self, part: str, reason: str, tail: list[str], code: int | None = None) -> None:
        super().__init__(f"{part} {reason}")
        self.part = part
        self.reason = reason
        self.tail = tail
        self.code = code
