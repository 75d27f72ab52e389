"""The client's own certificate for MongoDB, as its drivers want it."""

import os
from functools import cache
from typing import Any

from service_runtime.settings import MongoSecuritySettings


def certificate_options(access: MongoSecuritySettings) -> dict[str, Any]:
    """What a client is made with; nothing where there is no certificate.

    All clients of a process that have the same certificate share one file.
    """
    if access.mongo_certificate is None or access.mongo_key is None:
        return {}
    parts = (access.mongo_certificate, access.mongo_key)
    return {"tlsCertificateKeyFile": _file("\n".join(part.get_secret_value() for part in parts))}


@cache
def _file(pem: str) -> str:
    """A file that holds this, in memory alone.

    The driver wants certificate and key in one file, and reads it again whenever the name of an
    Atlas cluster is resolved. So the file is kept as long as the process.
    """
    file = os.memfd_create("mongo-certificate")
    os.write(file, pem.encode())
    return f"/proc/self/fd/{file}"
