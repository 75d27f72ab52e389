"""The error of a file of which nothing can be loaded."""

from service_runtime.errors import PermanentError


class BadFileError(PermanentError):
    """A file that is no file of sales or products; the message begins with its name."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem
