"""The authorities that the clients of a pod trust: those of the image, and private ones.

`python -m service_runtime.ca_bundle PRIVATE FOLDER` joins both in FOLDER as `ca.pem`, since clients
trust one file alone. Where there is a Java (`JAVA_HOME`) it writes `ca.p12` too. Charts run it
before a program starts.
"""

import os
import re
import ssl
import sys
from pathlib import Path
from typing import Final

from service_runtime.errors import PermanentError

_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.S)
_DEBIANS: Final = Path("/etc/ssl/certs/ca-certificates.crt")
"""A Python that brings its own OpenSSL looks elsewhere."""


def main() -> None:
    """Write both files, or end with one line that says what is wrong with PRIVATE."""
    private, folder = map(Path, sys.argv[1:])
    try:
        authorities = joined(private)
    except PermanentError as error:
        sys.exit(str(error))
    (folder / "ca.pem").write_text(authorities)
    if "JAVA_HOME" in os.environ:
        write_truststore(authorities, folder / "ca.p12")


def joined(private: Path) -> str:
    """The certificates of the system's authorities and of the private ones, as PEM.

    Nothing else of either file is kept: a comment need not be ASCII, which clients refuse, and a
    private key is no matter of theirs. PermanentError where PRIVATE holds no certificate, which
    OpenSSL would not complain of in the whole, or one that is broken.
    """
    certificates = _certificates(private)
    if not certificates:
        raise PermanentError(f"caBundle: no certificate as PEM in {private}")
    try:
        text = b"\n".join(certificates).decode("ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise PermanentError(f"caBundle: a broken certificate in {private}: {error}") from error
    system = _certificates(Path(ssl.get_default_verify_paths().cafile or _DEBIANS))
    return "".join(f"{each.decode('ascii')}\n" for each in [*system, *certificates])


def _certificates(path: Path) -> list[bytes]:
    return _CERTIFICATE.findall(path.read_bytes())


def write_truststore(authorities: str, path: Path) -> None:
    """A PKCS#12 file without a password, as Java's own; Java reads no PEM."""
    # Only an image with a Java has this package.
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
    from cryptography.x509 import load_pem_x509_certificates

    certificates = load_pem_x509_certificates(authorities.encode())
    named = [
        pkcs12.PKCS12Certificate(certificate, str(number).encode())
        for number, certificate in enumerate(certificates)
    ]
    path.write_bytes(pkcs12.serialize_java_truststore(named, NoEncryption()))


if __name__ == "__main__":
    main()
