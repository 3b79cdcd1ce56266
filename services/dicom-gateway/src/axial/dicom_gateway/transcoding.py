"""For whom instances are transcoded."""

from collections.abc import Callable, Mapping

from axial.common.configuration import Configuration
from axial.common.modalities import Modality
from axial.dicom_gateway.access import same_aet
from axial.dimse.sending.instances import Transcoder


class Transcoding:
    """Finds the transcoder for who has a title: for everybody, unless the configuration says otherwise."""

    def __init__(
        self,
        configuration: Configuration,
        known: Callable[[], Mapping[str, Modality]],
        transcoder: Transcoder,
    ) -> None:
        self._configuration = configuration
        self._known = known
        self._transcoder = transcoder

    def __call__(self, aet: str) -> Transcoder | None:
        """Give the transcoder; None when instances are to go with the pixels as they are, or not at all."""
        configuration = self._configuration
        if not configuration.transcode_dicom_protocol:
            return None
        for modality in self._known().values():
            if same_aet(configuration, modality.aet, aet):
                return self._transcoder if modality.allow_transcoding else None
        return self._transcoder
