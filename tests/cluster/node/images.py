"""Images without a registry: a base out of Debian's packages, and archives for the node."""

import hashlib
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from tests.cluster.node.configuration import COREDNS, PAUSE
from tests.support.helm import ROOT, charts_with_an_image
from tests.support.kept import kept

PLATFORM: Final = (*sorted(charts_with_an_image()), "local-platform")
_RECIPE: Final = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
BASE: Final = f"localhost/vitrine-base:{_RECIPE}"
"""Stands in for the official image of Python, which has the same Debian and the same Python."""
_SUITE: Final = "bookworm"
_PACKAGES: Final = "ca-certificates,python3,python3-venv"
_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_HOST_FILES: Final = (_AUTHORITIES, Path("/etc/pip.conf"), Path("/etc/uv/uv.toml"))
"""How this machine reaches its package registries; an image is built as the machine would."""
_SOURCES: Final = (
    *("uv.lock", "pyproject.toml", "README.md", ".dockerignore", "k8s/images.sh"),
    *("libs", "services", "spark-apps", "operator", "local"),
)
"""What `.dockerignore` lets in, and what builds it."""


@cache
def builder() -> tuple[str, ...]:
    """The command that builds images, with a store of its own."""
    store = kept() / "images"
    places = ("--root", f"{store}/store", "--runroot", f"{store}/run")
    return ("buildah", *places, "--storage-driver", "overlay")


def base() -> str:
    """Make the base image, once; its name. Takes about a minute."""
    if not _exists(BASE):
        with tempfile.TemporaryDirectory() as folder:
            _bootstrap(Path(folder) / "root")
            _commit(Path(folder) / "root", BASE)
    return BASE


def node_images(programs: Path) -> Path:
    """An archive of the images that the node itself needs, made once."""
    archive = programs / "images.tar"
    if not archive.exists():
        for name, program in ((PAUSE, "pause"), (COREDNS, "coredns")):
            _of_program(programs / program, name)
        write_archive([PAUSE, COREDNS], archive)
    return archive


def platform_images() -> Path:
    """An archive of the platform's images, made once of the same sources; some four minutes."""
    archive = kept() / "images" / f"platform-{_fingerprint()}.tar"
    if not archive.exists():
        for old in archive.parent.glob("platform-*.tar"):
            old.unlink()
        _build_platform()
        write_archive([image(name) for name in PLATFORM], archive)
    return archive


def _fingerprint() -> str:
    """Changes with every file that an image is built from."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *_SOURCES]
    found = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    digest = hashlib.sha256(BASE.encode())
    for name in sorted(found.stdout.splitlines()):
        if (path := ROOT / name).exists():
            digest.update(f"{name}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _build_platform() -> None:
    environment = {
        "VITRINE_BUILDER": " ".join(builder()),
        "VITRINE_BUILD_FLAGS": "--isolation chroot --network host",
        "BASE": base(),
    }
    subprocess.run(["make", "images"], cwd=ROOT, env={**os.environ, **environment}, check=True)
    _buildah("rmi", "--prune", "--force")  # those that the new ones replace


def image(name: str) -> str:
    """The full name of one of the platform's images."""
    return f"docker.io/vitrine/{name}:0.1.0"


def megabytes(name: str) -> float:
    """The size of an image, the layers of its base included."""
    text = _buildah("images", "--format", "{{.Size}}", name)
    number, unit = text.split()
    return float(number) * {"MB": 1, "GB": 1000}[unit]


def write_archive(names: Iterable[str], archive: Path) -> None:
    """Write images into one OCI archive, layers that they share only once."""
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        layout = Path(folder) / "layout"
        for name in names:
            _buildah("push", "--quiet", "--disable-compression", name, f"oci:{layout}:{name}")
        partial = Path(folder) / "archive.tar"
        with tarfile.open(partial, "w") as tar:
            for path in sorted(layout.iterdir()):
                tar.add(path, path.name)
        partial.replace(archive)


def _bootstrap(root: Path) -> None:
    include = f"--include={_PACKAGES}"
    command = ["debootstrap", "--variant=minbase", include, _SUITE, str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for path in _HOST_FILES:
        if path.exists():
            copy = root / path.relative_to("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    for leftovers in ("var/cache/apt/archives", "var/lib/apt/lists"):
        for path in (root / leftovers).glob("*_*"):
            path.unlink()


def _commit(root: Path, name: str) -> None:
    container = _buildah("from", "scratch")
    _buildah("add", "--quiet", container, f"{root}/", "/")
    trust = [f"{name}={_AUTHORITIES}" for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")]
    for variable in ("PATH=/usr/local/bin:/usr/bin:/bin", *trust):
        _buildah("config", "--env", variable, container)
    _buildah("commit", "--quiet", "--rm", container, name)


def _of_program(program: Path, name: str) -> None:
    container = _buildah("from", "scratch")
    _buildah("copy", "--quiet", container, str(program), f"/{program.name}")
    _buildah("config", "--entrypoint", f'["/{program.name}"]', container)
    _buildah("commit", "--quiet", "--rm", container, name)


def _exists(name: str) -> bool:
    command = [*builder(), "inspect", "--type=image", name]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _buildah(*arguments: str) -> str:
    command = [*builder(), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()
