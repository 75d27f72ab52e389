"""Modules of other projects, fetched as Go does and held to its checksum database."""

import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

SPARK_OPERATOR: Final = "github.com/kubeflow/spark-operator/v2@v2.5.2"


@cache
def module_folder(module: str) -> Path:
    """The read-only folder of a module at its version. Needs `go`; fails with what it says."""
    with tempfile.TemporaryDirectory() as empty:
        command = ["go", "mod", "download", "-json", module]
        done = subprocess.run(command, cwd=empty, stdout=subprocess.PIPE, text=True, check=False)
    fetched = json.loads(done.stdout)
    assert "Dir" in fetched, fetched.get("Error")
    return Path(fetched["Dir"])
