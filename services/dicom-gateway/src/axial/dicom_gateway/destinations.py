"""Where a C-MOVE may send to: the modalities that are known, by AE title."""

from collections.abc import Callable, Mapping

import structlog

from axial.common.configuration import Configuration
from axial.common.modalities import Modality
from axial.dicom_gateway.access import same_aet
from axial.dimse.reaching import Reach
from axial.dimse.upper_layer.requestor import Peer, Refused

log = structlog.get_logger(__name__)


class Destinations:
    """Finds a modality by its title; of several that share it the first one, as Orthanc does."""

    def __init__(
        self,
        configuration: Configuration,
        known: Callable[[], Mapping[str, Modality]],
        reach: Reach,
    ) -> None:
        self._configuration = configuration
        self._known = known
        self._reach = reach

    def __call__(self, aet: str) -> Peer | None:
        """Tell how to reach who has a title; None when nobody is known by it that can be reached."""
        for modality in self._known().values():
            if same_aet(self._configuration, modality.aet, aet):
                try:
                    return self._reach.peer(modality)
                except Refused as error:
                    log.warning("destination_away", host=modality.host, reason=str(error))
                    return None
        return None
