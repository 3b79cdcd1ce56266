"""The remote modalities that all processes know: those of the configuration, and what was changed since."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.events import ModalityChanged
from axial.common.follower import Follower
from axial.common.modalities import Modality


def configured(configuration: Configuration) -> Mapping[str, Modality]:
    """Tell who is known before anything was changed.

    With `DicomModalitiesInDatabase` nobody is: the list of the configuration means nothing then, as in Orthanc.
    """
    if configuration.dicom_modalities_in_database:
        return MappingProxyType({})
    return MappingProxyType(dict(configuration.dicom_modalities))


def changed(known: Mapping[str, Modality], event: ModalityChanged) -> Mapping[str, Modality]:
    """Tell who is known after a change: who was deleted stays so, even if the configuration names it."""
    if event.modality is not None:
        return MappingProxyType({**known, event.name: event.modality})
    return MappingProxyType({name: one for name, one in known.items() if name != event.name})


class KnownModalities(Follower[ModalityChanged, Mapping[str, Modality]]):
    """The modalities as they are now, in `value`: by name, those of the configuration first."""

    def __init__(self, log: EventLog, configuration: Configuration) -> None:
        super().__init__(log, ModalityChanged, configured(configuration), changed)


@asynccontextmanager
async def following_modalities(
    log: EventLog, configuration: Configuration
) -> AsyncIterator[KnownModalities]:
    """Follow the changes in the background; begin with all that there are."""
    async with KnownModalities(log, configuration).running() as known:
        yield known
