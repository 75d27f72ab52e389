"""Where everything lies in the state folder."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from vitrine_local.settings import Settings


@dataclass(frozen=True, slots=True)
class Layout:
    """`data` and `secrets` begin anew with `--fresh`; `cache` never does."""

    root: Path
    cache: Path

    @classmethod
    def of(cls, settings: Settings) -> "Layout":
        """Absolute paths, since every part may have another working folder."""
        root = settings.state_dir.absolute()
        cache = settings.cache_dir.absolute() if settings.cache_dir else root / "cache"
        return cls(root, cache)

    @property
    def data(self) -> Path:
        """One folder or file per part that keeps something."""
        return self.root / "data"

    @property
    def secrets(self) -> Path:
        """One file per secret, readable by their owner alone."""
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        """One file per part, and the one before."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Which processes run."""
        return self.root / "run"

    @property
    def temporary(self) -> Path:
        """What parts need no longer than they run."""
        return self.root / "tmp"

    def temporary_of(self, name: str) -> Path:
        """What one part needs no longer than it runs."""
        return self.temporary / name

    def log(self, name: str) -> Path:
        """The log of a part."""
        return self.logs / f"{name}.log"

    def jars(self, jar_set: str) -> Path:
        """The folder of one set of jars, which holds nothing else."""
        return self.cache / "jars" / jar_set

    def create(self) -> None:
        """Make the folders that are missing."""
        for folder in (self.root, self.cache, self.data, self.logs, self.run, self.temporary):
            folder.mkdir(parents=True, exist_ok=True)
        self.secrets.mkdir(mode=0o700, exist_ok=True)

    def empty_temporary(self) -> None:
        """Remove what parts have left behind; nothing may be running."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(exist_ok=True)

    def renew_temporary_of(self, name: str) -> None:
        """Remove what a part has left behind, however it ended; nothing of it may be running."""
        shutil.rmtree(self.temporary_of(name), ignore_errors=True)
        self.temporary_of(name).mkdir(exist_ok=True)

    def clear(self) -> None:
        """Forget all data and secrets; nothing may be running."""
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.secrets, ignore_errors=True)
