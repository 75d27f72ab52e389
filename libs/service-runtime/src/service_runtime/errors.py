"""The one axis of errors: wait and try again, or this record or request is wrong."""


class TransientError(Exception):
    """Something outside is away. Wait and try again, for ever if need be; nothing is lost."""


class PermanentError(Exception):
    """This record, request or configuration is wrong; trying again changes nothing."""
