"""TLS for DICOM, as the configuration wants it (PS3.15 annex B, BCP 195)."""

import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography import x509

from axial.common.configuration import BadConfiguration, Configuration

_TLS_1_3_ONLY = 5
_PROFILE = 0


def server_context(
    configuration: Configuration, refused: Callable[[str], None]
) -> ssl.SSLContext | None:
    """Make what peers have to come through, if the configuration asks for TLS; raise BadConfiguration.

    `refused` hears of each handshake that fails, with OpenSSL's word for why.
    """
    if not configuration.dicom_tls_enabled:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _choose_versions(context, configuration)
    _show_certificate(context, configuration)
    if configuration.dicom_tls_remote_certificate_required:
        _trust(context, configuration)
    context.sslobject_class = _telling(refused)
    return context


def certificate_expiry(configuration: Configuration) -> datetime | None:
    """Tell when the certificate ends that we show; None when there is none, or it is none that could be read."""
    if configuration.dicom_tls_certificate is None:
        return None
    try:
        # Ours is the first; what follows is the chain above it.
        shown = x509.load_pem_x509_certificate(configuration.dicom_tls_certificate.read_bytes())
    except (OSError, ValueError):
        return None
    return shown.not_valid_after_utc


def client_context(configuration: Configuration) -> ssl.SSLContext | None:
    """Make what we come with to modalities that want TLS; raise BadConfiguration.

    None when nothing is configured for it, and none of the configuration's modalities wants it; others may be added
    later. They are known by their certificates, not by their names: those are addresses, mostly.
    """
    given = (
        configuration.dicom_tls_certificate,
        configuration.dicom_tls_private_key,
        configuration.dicom_tls_trusted_certificates,
    )
    wanted = any(modality.use_dicom_tls for modality in configuration.dicom_modalities.values())
    if None in given and not wanted:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    _choose_versions(context, configuration)
    _show_certificate(context, configuration)
    _trust(context, configuration)
    return context


def _trust(context: ssl.SSLContext, configuration: Configuration) -> None:
    trusted = _file("DicomTlsTrustedCertificates", configuration.dicom_tls_trusted_certificates)
    try:
        context.load_verify_locations(trusted)
    except ssl.SSLError as error:
        raise BadConfiguration(_unusable("DicomTlsTrustedCertificates", trusted)) from error
    context.verify_mode = ssl.CERT_REQUIRED


def _choose_versions(context: ssl.SSLContext, configuration: Configuration) -> None:
    lowest = configuration.dicom_tls_minimum_protocol_version
    only_1_3 = lowest == _TLS_1_3_ONLY
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if only_1_3 else ssl.TLSVersion.TLSv1_2
    ciphers = configuration.dicom_tls_ciphers_accepted
    if not ciphers:
        return
    if lowest == _PROFILE:
        raise BadConfiguration(
            "option DicomTlsCiphersAccepted: only with a DicomTlsMinimumProtocolVersion from 1 on"
        )
    known = {cipher["name"] for cipher in context.get_ciphers()}
    of_1_2 = []
    for name in ciphers:
        # The library cannot choose among those of TLS 1.3, none of which is weak.
        if name in known and name.startswith("TLS_"):
            continue
        of_1_2.append(name)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(name)
        except ssl.SSLError as error:
            raise BadConfiguration(
                f"option DicomTlsCiphersAccepted: {name} is not known to OpenSSL"
            ) from error
    if of_1_2:
        context.set_ciphers(":".join(of_1_2))


def _show_certificate(context: ssl.SSLContext, configuration: Configuration) -> None:
    certificate = _file("DicomTlsCertificate", configuration.dicom_tls_certificate)
    key = _file("DicomTlsPrivateKey", configuration.dicom_tls_private_key)
    try:
        # A key under a passphrase is refused: nobody is there to be asked for it.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except ssl.SSLError as error:
        raise BadConfiguration(
            f"{_unusable('DicomTlsCertificate', certificate)} with the key in {key}"
        ) from error


def _file(option: str, path: Path | None) -> Path:
    """Make sure that a file is given, and can be read."""
    if path is None:
        raise BadConfiguration(f"option {option}: needed for DICOM over TLS")
    try:
        path.read_bytes()
    except OSError as error:
        raise BadConfiguration(f"option {option}: {path}: {error.strerror}") from error
    return path


def _unusable(option: str, path: Path) -> str:
    return f"option {option}: {path}: cannot be used"


def _telling(refused: Callable[[str], None]) -> type[ssl.SSLObject]:
    """Make the class of connections that tell when their handshake fails: nobody else would."""

    class TellingConnection(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLWantReadError:
                # It goes on when more has arrived.
                raise
            except ssl.SSLError as error:
                refused(error.reason or type(error).__name__)
                raise

    return TellingConnection
