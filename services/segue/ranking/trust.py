"""The certificates that a server's is trusted by."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path

from segue.settings import InvalidSetting, variable_name

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/cert.pem",  # macOS
)

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def trusted_certificates(ca_file: str = "") -> bytes:
    """PEM of the certificates in a file; of those that the system trusts where none is named.

    The system's are those that OpenSSL reads, ``SSL_CERT_FILE`` included, and not gRPC's own: what
    an operator adds to the system counts.

    Raises
    ------
    InvalidSetting
        When the file cannot be read or holds no certificate, or the system has none.
    """
    if ca_file:
        return _certificates(Path(ca_file))
    given = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    for bundle in (given, *_BUNDLES):
        if bundle and Path(bundle).is_file():
            return _certificates(Path(bundle))
    raise InvalidSetting(
        "this system has no certificates that a grpcs:// server's could be trusted by",
        next_step="Install them (Debian: ca-certificates), or set "
        f"{variable_name('collaborative_ca')}.",
    )


def _certificates(path: Path) -> bytes:
    try:
        text = path.read_bytes()
        found = _CERTIFICATE.findall(text)
        for certificate in found:
            ssl.PEM_cert_to_DER_cert(certificate.decode("ascii") + "\n")
    except OSError as exc:
        raise InvalidSetting(f"the certificates {path} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise InvalidSetting(f"{path} holds a damaged certificate") from exc
    if not found:
        raise InvalidSetting(f"{path} holds no certificate (-----BEGIN CERTIFICATE-----)")
    return text
