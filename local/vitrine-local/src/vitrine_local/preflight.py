"""What must hold before anything starts: free ports, free disk."""

import shutil
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from vitrine_local.failure import LocalError
from vitrine_local.part import Part
from vitrine_local.settings import HOST

LEAST_FREE_BYTES = 500 * 1024 * 1024
FULL_BELOW_BYTES = 8 * 1024 * 1024
DISK_REMEDY = "free some or set VITRINE_STATE_DIR to another disk"


def require_free_ports(parts: Iterable[Part]) -> None:
    """Raises LocalError for the first port that something else listens on."""
    for part in parts:
        require_free_ports_of(part.name, part.ports)


def require_free_ports_of(name: str, ports: Mapping[str, int]) -> None:
    """The same for one part; `ports` are by the name of the setting that moves each."""
    for setting, port in ports.items():
        if not port_is_free(port):
            raise LocalError(
                f"port {port} ({name}) is taken{port_owner(port)}: "
                f"stop that or set {setting} to another"
            )


def require_free_disk(folder: Path) -> None:
    """Raises LocalError where too little is left to begin with; the folder need not exist yet."""
    free = shutil.disk_usage(_existing(folder)).free
    if free < LEAST_FREE_BYTES:
        raise LocalError(
            f"only {free // 1024**2} MB are free in {folder}, {LEAST_FREE_BYTES // 1024**2} are "
            f"needed: {DISK_REMEDY}"
        )


def disk_is_full(folder: Path) -> bool:
    """Whether so little is left that a part which ends has most likely ended for want of it."""
    return shutil.disk_usage(folder).free < FULL_BELOW_BYTES


def port_is_free(port: int) -> bool:
    """Whether one can listen on it now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def port_owner(port: int) -> str:
    """` by process …`, or nothing where one may not know."""
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN
            if listening and connection.laddr[1:] == (port,) and connection.pid:
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        return ""
    return ""


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
