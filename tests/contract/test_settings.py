"""What the local platform tells a part is what the part's Settings ask for, no more, no less."""

from importlib import import_module
from pathlib import Path

import pytest
from tests.support.platform import local_settings

from vitrine_local.deployables import RUNNING
from vitrine_local.environment import inherited
from vitrine_local.platform import LocalPlatform

READ_BY_OTHERS = ("AWS_", "SPARK_", "PYSPARK_", "JAVA_", "PYTHON", "SECRETS_DIR", "TMPDIR")


@pytest.mark.parametrize("name", RUNNING)
def test_every_variable_is_a_setting_and_every_need_is_met(name: str, tmp_path: Path) -> None:
    platform = LocalPlatform(local_settings(tmp_path))
    environment = platform.environment(name)
    settings = import_module(f"{name.replace('-', '_')}.settings").Settings
    fields = {field.upper() for field in settings.model_fields}
    own = environment.keys() - inherited().keys()
    unknown = {v for v in own if v not in fields and not v.startswith(READ_BY_OTHERS)}
    assert unknown == set()
    secrets = {path.name.upper() for path in Path(environment["SECRETS_DIR"]).iterdir()}
    required = {f.upper() for f, info in settings.model_fields.items() if info.is_required()}
    assert required <= environment.keys() | secrets
