"""Who is known: the configuration, and what was changed since."""

import pytest

from axial.common.configuration import Configuration
from axial.common.events import ModalityChanged
from axial.common.known_modalities import changed, configured
from axial.common.modalities import Modality

pytestmark = pytest.mark.unit

_CT = Modality.model_validate(["CT", "ct", 104])
_US = Modality.model_validate(["US", "us", 104])


def _configuration(**options: object) -> Configuration:
    return Configuration.model_validate({"DicomModalities": {"ct": ["CT", "ct", 104]}, **options})


def test_what_was_changed_counts() -> None:
    """A new one comes last, another description takes the place of the old one, who was deleted is not known."""
    known = configured(_configuration())
    assert dict(known) == {"ct": _CT}
    known = changed(known, ModalityChanged(name="us", modality=_US))
    known = changed(known, ModalityChanged(name="ct", modality=_US))
    assert list(known.items()) == [("ct", _US), ("us", _US)]
    known = changed(known, ModalityChanged(name="ct", modality=None))
    # Nobody is deleted twice, but two may try.
    known = changed(known, ModalityChanged(name="ct", modality=None))
    assert dict(known) == {"us": _US}


def test_modalities_in_the_database() -> None:
    """Then those of the configuration mean nothing."""
    assert not configured(_configuration(DicomModalitiesInDatabase=True))
