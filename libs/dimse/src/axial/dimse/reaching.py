"""How a remote modality is reached: under which titles, with how much patience, over TLS or not."""

import ssl
from dataclasses import dataclass

from axial.common.configuration import Configuration
from axial.common.modalities import Modality
from axial.dimse.tls import client_context
from axial.dimse.upper_layer.proposal import Titles
from axial.dimse.upper_layer.requestor import Peer, Refused


@dataclass(frozen=True, slots=True)
class Reach:
    """What holds for all modalities."""

    own_aet: str
    patience_seconds: float
    tls: ssl.SSLContext | None

    @classmethod
    def of(cls, configuration: Configuration) -> "Reach":
        """Read the configuration; raise BadConfiguration."""
        return cls(
            configuration.dicom_aet,
            float(configuration.dicom_scu_timeout),
            client_context(configuration),
        )

    def peer(self, modality: Modality, *, local_aet: str = "", timeout: int | None = None) -> Peer:
        """Tell how to connect to a modality; what is given here overrules what it says itself.

        Raises Refused when it wants TLS, and nothing is configured for that: it is never spoken to in the clear.
        """
        if modality.use_dicom_tls and self.tls is None:
            raise Refused(
                "UseDicomTls needs the options DicomTlsCertificate, -PrivateKey, -TrustedCertificates"
            )
        patience = (modality.timeout or self.patience_seconds) if timeout is None else timeout
        return Peer(
            Titles(local_aet or modality.local_aet or self.own_aet, modality.aet),
            # An IPv6 address may stand in brackets, as in a URL.
            modality.host.removeprefix("[").removesuffix("]"),
            modality.port,
            float(patience),
            self.tls if modality.use_dicom_tls else None,
        )
