"""The two kinds of errors: try again later, or trying again changes nothing."""


class TransientError(Exception):
    """Something outside is away. Wait and try again, without limit; nothing is lost."""


class PermanentError(Exception):
    """This record, request or configuration is wrong; trying again changes nothing."""
