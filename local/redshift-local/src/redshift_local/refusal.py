"""What redshift-local answers instead of PostgreSQL."""


class RefusedError(Exception):
    """A statement that is not carried out.

    `state` is its SQLSTATE: 0A000 for what redshift-local does not know, XX000 as Redshift gives
    for a failed load, 58030 while S3 cannot be reached.
    """

    def __init__(self, statement: str, why: str, state: str = "0A000") -> None:
        super().__init__(f"redshift-local refuses {statement}: {why}")
        self.state = state


class LoadError(RefusedError):
    """A COPY that failed, with the words of Redshift where they are known."""

    def __init__(self, message: str, state: str = "XX000") -> None:
        Exception.__init__(self, message)
        self.state = state
