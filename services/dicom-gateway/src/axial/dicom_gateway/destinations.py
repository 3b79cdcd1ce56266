"""Where a C-MOVE may send to: the modalities of the configuration, by AE title."""

import ssl

from axial.common.configuration import Configuration
from axial.dicom_gateway.access import same_aet
from axial.dimse.upper_layer.proposal import Titles
from axial.dimse.upper_layer.requestor import Peer


class Destinations:
    """Finds a modality by its title; of several that share it the first one, as Orthanc does."""

    def __init__(self, configuration: Configuration, tls: ssl.SSLContext | None) -> None:
        self._configuration = configuration
        self._tls = tls

    def __call__(self, aet: str) -> Peer | None:
        """Tell how to reach who has a title; None when nobody is known by it."""
        configuration = self._configuration
        for modality in configuration.dicom_modalities.values():
            if same_aet(configuration, modality.aet, aet):
                return Peer(
                    Titles(modality.local_aet or configuration.dicom_aet, modality.aet),
                    modality.host,
                    modality.port,
                    float(modality.timeout or configuration.dicom_scu_timeout),
                    self._tls if modality.use_dicom_tls else None,
                )
        return None
