"""The authorities that the clients of a pod trust: those of the image, and private ones.

`python -m service_runtime.ca_bundle PRIVATE FOLDER` joins both in FOLDER as `ca.pem`, since clients
trust one file alone. Where there is a Java (`JAVA_HOME`) it writes `ca.p12` too. Charts run it
before a program starts.
"""

import os
import ssl
import sys
from pathlib import Path
from typing import Final

_DEBIANS: Final = Path("/etc/ssl/certs/ca-certificates.crt")
"""A Python that brings its own OpenSSL looks elsewhere."""


def main() -> None:
    """Write both files, or end with one line that says what is wrong with PRIVATE."""
    private, folder = map(Path, sys.argv[1:])
    authorities = joined(private)
    (folder / "ca.pem").write_text(authorities)
    if "JAVA_HOME" in os.environ:
        write_truststore(authorities, folder / "ca.p12")


def joined(private: Path) -> str:
    """The system's authorities and the private ones, as PEM.

    SystemExit where PRIVATE holds no certificate, which OpenSSL would not complain of in the whole.
    """
    text = private.read_text()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        sys.exit(f"{private} holds no certificates as PEM: {error}")
    system = Path(ssl.get_default_verify_paths().cafile or _DEBIANS)
    return f"{system.read_text().rstrip()}\n{text}"


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
