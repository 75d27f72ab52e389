from pathlib import Path

from service_runtime.mongo_certificate import certificate_options
from service_runtime.settings import MongoSettings


def options(certificate: str) -> dict[str, str]:
    told = {"mongo_url": "mongodb://h", "mongo_certificate": certificate, "mongo_key": "KEY"}
    return certificate_options(MongoSettings(**told))


def test_clients_with_one_certificate_share_one_file() -> None:
    first = options("FIRST")
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    assert [options("FIRST") for _ in range(10)] == [first] * 10
    assert len(list(Path("/proc/self/fd").iterdir())) == open_files
    assert Path(first["tlsCertificateKeyFile"]).read_text() == "FIRST\nKEY"


def test_another_certificate_is_another_file() -> None:
    first, second = options("FIRST"), options("SECOND")
    assert Path(second["tlsCertificateKeyFile"]).read_text() == "SECOND\nKEY"
    assert Path(first["tlsCertificateKeyFile"]).read_text() == "FIRST\nKEY"
