"""Whatever fails of Airflow, the platform runs without it, and one line says what to do."""

import os
import re
import socket
from pathlib import Path

import pytest
from tests.support.platform import local_settings

from vitrine_local import airflow, background, status
from vitrine_local.layout import Layout
from vitrine_local.settings import HOST

NO_NETWORK = "#!/bin/sh\necho no network\nexit 2\n"
BROKEN = """#!/bin/sh
bin="$UV_PROJECT_ENVIRONMENT/bin"
mkdir -p "$bin"
printf '#!/bin/sh\\n[ "$1" = db ]\\n' >"$bin/airflow"
chmod +x "$bin/airflow"
"""
"""Installs an Airflow whose tables can be made, and which then ends at once."""


@pytest.mark.parametrize(
    ("uv", "port_is_taken", "reason"),
    [
        pytest.param(NO_NETWORK, False, "Airflow's packages cannot be installed", id="install"),
        pytest.param(
            BROKEN, False, r"airflow ended with exit code 1; its log: \S+\.log", id="part"
        ),
        pytest.param(BROKEN, True, r"port \d+ \(airflow\) is taken", id="port"),
    ],
)
def test_the_platform_runs_without_an_airflow_that_fails(
    uv: str,
    *,
    port_is_taken: bool,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    program = tmp_path / "bin" / "uv"
    program.parent.mkdir()
    program.write_text(uv)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    settings = local_settings(tmp_path / "state", cache_dir=tmp_path / "cache")
    layout = Layout.of(settings)
    with socket.socket() as other:
        if port_is_taken:
            other.bind((HOST, settings.airflow_port))
            other.listen()
        try:
            names = ["redshift-local", "s3", *airflow.PARTS]
            assert background.up(settings, names, fresh=False) == 0
            shown = {line.name: line.state for line in status.part_statuses(settings, layout)}
        finally:
            background.down(layout)
    running = dict.fromkeys(["supervisor", "postgres", "redshift-local", "s3"], "ready")
    assert {name: shown[name] for name in running} == running
    assert not [name for name in shown if name.startswith("airflow")]
    said = [line for line in capfd.readouterr().out.splitlines() if "does not run" in line]
    expected = f"^airflow +does not run: {reason}.*All else goes on without it. Mend that, then"
    assert [bool(re.match(expected, line)) for line in said] == [True]
