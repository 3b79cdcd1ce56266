"""What is told of peers, in Orthanc's words: secrets are never among it. Pure."""

from typing import Any

from axial.common.peers import Peer


def render_peer(peer: Peer) -> dict[str, Any]:
    """Show a peer as `/peers/{name}/configuration` does."""
    shown: dict[str, Any] = {
        **peer.properties,
        "Url": peer.url,
        "Pkcs11": False,
        "HttpHeaders": sorted(peer.http_headers),
        "Timeout": peer.timeout,
    }
    if peer.username:
        shown |= {"Username": peer.username, "Password": None}
    if peer.certificate_file is not None:
        shown |= {
            "CertificateFile": str(peer.certificate_file),
            "CertificateKeyFile": None,
            "CertificateKeyPassword": None,
        }
    if peer.protocol != "Orthanc":
        shown["Protocol"] = peer.protocol
    if peer.sender_username:
        shown["SenderUsername"] = peer.sender_username
    return shown


def render_in_job(peer: Peer) -> list[str] | dict[str, Any]:
    """Show a peer in the content of a job: in short if possible, as Orthanc does."""
    if peer.certificate_file is None and not (
        peer.http_headers
        or peer.properties
        or peer.timeout
        or peer.protocol != "Orthanc"
        or peer.sender_username
    ):
        return [peer.url, peer.username, ""] if peer.username else [peer.url]
    shown = render_peer(peer)
    for name in ("Password", "CertificateKeyFile", "CertificateKeyPassword"):
        shown.pop(name, None)
    # By name alone: Orthanc shows what the headers say, too.
    shown["HttpHeaders"] = dict.fromkeys(shown["HttpHeaders"], "")
    return shown
