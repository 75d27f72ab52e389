"""The arguments of a task."""


def given(arguments: list[str]) -> list[str]:
    """Arguments without those that were rendered to nothing."""
    return [argument for argument in arguments if argument]
