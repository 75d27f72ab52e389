"""The refusal of a statement, which redshift-local answers instead of PostgreSQL."""


class RefusedError(Exception):
    """A statement that is not carried out.

    `state` is its SQLSTATE: 0A000 for what redshift-local does not know, else Redshift's own.
    `detail` is what the driver gives as D.
    """

    detail = ""

    def __init__(self, statement: str, why: str, state: str = "0A000") -> None:
        super().__init__(f"redshift-local refuses {statement}: {why}")
        self.state = state
