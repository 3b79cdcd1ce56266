"""How the edge ends TLS, as the configuration wants it by Orthanc's options."""

import ssl
from pathlib import Path

from axial.cli.engines.caddy import Tls
from axial.common.configuration import BadConfiguration, Configuration

_TLS_1_3_ONLY = 5


def edge_tls(configuration: Configuration) -> Tls | None:
    """Tell what the edge shows, and whom it trusts; None without TLS. Raises BadConfiguration."""
    if not configuration.ssl_enabled:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = _file("SslCertificate", configuration.ssl_certificate)
    try:
        # A key under a passphrase is refused: nobody is there to be asked for it.
        context.load_cert_chain(certificate, password=lambda: b"")
    except (ssl.SSLError, OSError) as error:
        raise BadConfiguration(_unusable("SslCertificate", certificate, error)) from error
    trusted = None
    if configuration.ssl_verify_peers:
        option = "SslTrustedClientCertificates"
        trusted = _file(option, configuration.ssl_trusted_client_certificates)
        try:
            context.load_verify_locations(trusted)
        except (ssl.SSLError, OSError) as error:
            raise BadConfiguration(_unusable(option, trusted, error)) from error
    is_new = configuration.ssl_minimum_protocol_version == _TLS_1_3_ONLY
    return Tls(certificate.absolute(), trusted and trusted.absolute(), only_1_3=is_new)


def _file(option: str, path: Path | None) -> Path:
    if path is None:
        raise BadConfiguration(f"option {option}: needed for HTTPS")
    return path


def _unusable(option: str, path: Path, error: OSError) -> str:
    # OpenSSL's own errors have numbers of another kind.
    reason = "cannot be used" if isinstance(error, ssl.SSLError) else error.strerror
    return f"option {option}: {path}: {reason}"
