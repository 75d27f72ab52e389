from pathlib import Path

import pytest
from tests.support.secured_kafka import Certificate

from service_runtime.ca_bundle import joined, main
from service_runtime.errors import PermanentError


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_only_certificates_are_kept(tmp_path: Path, encoding: str) -> None:
    certificate = Certificate.create(tmp_path)
    private = tmp_path / "private.pem"
    comments = ("# Emitido em S\u00e3o Paulo", "# Raiz n\u00ba 1")
    text = f"{comments[0]}\n{certificate.key}{comments[1]}\n{certificate.chain}"
    private.write_bytes(text.encode(encoding))
    found = joined(private)
    assert found.isascii()
    assert "PRIVATE KEY" not in found
    assert "#" not in found
    assert found.endswith(certificate.chain)
    assert found.count("BEGIN CERTIFICATE") > 1, "those of the system"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param("", "no certificate", id="empty"),
        pytest.param("{key}", "no certificate", id="a key alone"),
        pytest.param("not PEM", "no certificate", id="no PEM"),
        pytest.param("{half}", "no certificate", id="one that is cut off"),
        pytest.param("{broken}", "broken", id="one that is no Base64"),
        pytest.param("{chain}{broken}", "broken", id="a broken one after a sound one"),
        pytest.param("{chain}{odd}", "broken", id="one that is not ASCII"),
    ],
)
def test_a_bundle_of_no_use_names_the_setting(
    content: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = Certificate.create(tmp_path)
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    private = tmp_path / "private.pem"
    private.write_text(
        content.format(
            key=certificate.key,
            chain=certificate.chain,
            half=certificate.chain[:200],
            broken=f"{begin}\n!!!!\n{end}\n",
            odd=f"{begin}\n\u00e3\n{end}\n",
        )
    )
    with pytest.raises(PermanentError, match=f"^caBundle: .*{complaint}"):
        joined(private)
    monkeypatch.setattr("sys.argv", ["ca_bundle", str(private), str(tmp_path)])
    with pytest.raises(SystemExit, match=r"^caBundle: "):
        main()
    assert not (tmp_path / "ca.pem").exists()
