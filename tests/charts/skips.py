"""The findings that are let be, each with its reason."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from tests.charts.checkers import Finding


@dataclass(frozen=True)
class Skip:
    """A check that is let be for some objects."""

    check: str
    reason: str
    subject: str = ".*"

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is one of these."""
        return finding.check == self.check and bool(re.fullmatch(self.subject, finding.subject))


_FILE: Final = Path(__file__).parent / "skips.yaml"
SKIPS: Final = {
    checker: tuple(Skip(**entry) for entry in entries)
    for checker, entries in yaml.safe_load(_FILE.read_text()).items()
}


def left(checker: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings that no skip covers."""
    return sorted(f for f in findings if not any(skip.covers(f) for skip in SKIPS[checker]))
