"""How a modality is reached, by its own description and by what a request says."""

import pytest

from axial.common.configuration import Configuration
from axial.common.modalities import Modality
from axial.dimse.reaching import Reach
from axial.dimse.upper_layer.proposal import Titles
from axial.dimse.upper_layer.requestor import Refused

pytestmark = pytest.mark.unit

_REACH = Reach.of(Configuration(dicom_aet="WE", dicom_scu_timeout=7))


def _modality(**fields: object) -> Modality:
    return Modality.model_validate({"AET": "CT", "Host": "ct", "Port": 104, **fields})


def test_the_nearest_description_counts() -> None:
    """The request's before the modality's before the configuration's."""
    plain = _REACH.peer(_modality())
    assert (plain.titles, plain.patience_seconds, plain.tls) == (Titles("WE", "CT"), 7.0, None)
    own = _modality(LocalAet="ITS", Timeout=3)
    assert _REACH.peer(own).titles.calling == "ITS"
    assert _REACH.peer(own).patience_seconds == 3.0
    asked = _REACH.peer(own, local_aet="ASKED", timeout=0)
    assert (asked.titles.calling, asked.patience_seconds) == ("ASKED", 0.0)


def test_an_address_may_stand_in_brackets() -> None:
    """As in a URL: it is the same address."""
    assert _REACH.peer(_modality(Host="[::1]")).host == "::1"


def test_what_wants_tls_is_never_spoken_to_in_the_clear() -> None:
    """Also when it was added later, to a configuration that has no certificates."""
    with pytest.raises(Refused, match="DicomTlsCertificate"):
        _REACH.peer(_modality(UseDicomTls=True))
