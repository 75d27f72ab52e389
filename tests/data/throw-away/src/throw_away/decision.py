"""What the service decides."""


def problem() -> str | None:
    """Nothing ever."""
    return None
