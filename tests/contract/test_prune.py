"""What is left of botocore in an image is enough for what we ask of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import botocore
import pytest
from tests.support.platform import REPOSITORY

PRUNE = REPOSITORY / "libs" / "service-runtime" / "prune.sh"
TOKEN = "from service_runtime.kafka import _token_source as t; print(t('sa-east-1')('')[0])"
CLIENTS = """
import boto3
for name in ("s3", "sts", "sso", "sso-oidc", "signin", "redshift", "redshift-serverless"):
    print(boto3.client(name, region_name="sa-east-1").meta.endpoint_url)
"""
ANOTHER = "import boto3; boto3.client('ec2', region_name='sa-east-1')"


@pytest.fixture(scope="module")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stands before the environment's own packages."""
    folder = tmp_path_factory.mktemp("site-packages")
    source = Path(botocore.__file__).parent
    shutil.copytree(source, folder / "botocore", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([PRUNE, folder], check=True)
    return folder


def run(pruned: Path, code: str) -> subprocess.CompletedProcess[str]:
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    environment = os.environ | keys | {"PYTHONPATH": str(pruned)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_token_for_msk_is_signed(pruned: Path) -> None:
    done = run(pruned, TOKEN)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 100


def test_what_a_sign_in_may_ask_is_there(pruned: Path) -> None:
    done = run(pruned, CLIENTS)
    assert done.stdout.count("sa-east-1.amazonaws.com") == 7, done.stderr


def test_all_else_is_gone(pruned: Path) -> None:
    assert "UnknownServiceError" in run(pruned, ANOTHER).stderr
    assert sum(path.stat().st_size for path in pruned.rglob("*.gz")) < 400_000
