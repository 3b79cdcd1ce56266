"""Who is let in, and what for: Orthanc's rules."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from axial.common.configuration import Configuration
from axial.common.known_modalities import configured
from axial.dicom_gateway.access import Rights, decide
from axial.dimse.upper_layer.negotiation import (
    CALLED_AET_UNKNOWN,
    CALLING_AET_UNKNOWN,
    Refusal,
)

pytestmark = pytest.mark.unit

NOBODY = {"DicomAlwaysAllowEcho": False, "DicomAlwaysAllowStore": False}
CT = {"AET": "CT", "Host": "10.0.0.1", "Port": 104}
ALL = Rights(
    echo=True, store=True, find=True, move=True, get=True, n_action=True, event_report=True
)
STRANGER = Rights(echo=True, store=True, find=False, move=False, get=False)


def _decide(
    options: Mapping[str, object],
    calling: str = "CT",
    called: str = "AXIAL",
    peer_ip: str = "10.0.0.1",
) -> Rights | Refusal:
    configuration = Configuration.model_validate(options)
    return decide(configuration, configured(configuration), calling, called, peer_ip)


def _modalities(*modalities: dict[str, object]) -> dict[str, object]:
    return {"DicomModalities": {f"m{i}": modality for i, modality in enumerate(modalities)}}


def test_anybody_may_store_by_default() -> None:
    """A stranger may say hello and send, under any title; it learns nothing."""
    assert _decide({}, calling="WHOEVER", called="WHATEVER") == STRANGER


def test_a_modality_may_do_all_by_default() -> None:
    """Being listed is enough."""
    assert _decide(_modalities(CT)) == ALL


def test_a_modality_may_do_what_it_is_allowed() -> None:
    """What everybody may, it may as well: Orthanc's `AllowEcho` counts only without `DicomAlwaysAllowEcho`."""
    limited = CT | {"AllowEcho": False, "AllowMove": False, "AllowStore": False}
    assert _decide(_modalities(limited)) == replace(ALL, move=False)
    alone = replace(ALL, echo=False, store=False, move=False)
    assert _decide(_modalities(limited) | NOBODY) == alone


@pytest.mark.parametrize(
    ("option", "lacking"), [("AllowNAction", "n_action"), ("AllowEventReport", "event_report")]
)
def test_storage_commitment_is_two_rights(option: str, lacking: str) -> None:
    """A modality may ask for it, or report it, or both; there is no option that lets anybody."""
    assert _decide(_modalities(CT | {option: False})) == replace(ALL, **{lacking: False})


@pytest.mark.parametrize("right", ["Echo", "Store", "Find", "Get", "Move"])
def test_what_anybody_may(right: str) -> None:
    """One right for all lets everybody in, to that and to nothing else."""
    decision = _decide({**NOBODY, f"DicomAlwaysAllow{right}": True}, calling="WHOEVER")
    assert isinstance(decision, Rights)
    allowed = {name for name in Rights.__slots__ if getattr(decision, name)}
    assert allowed == {right.lower()}


def test_a_stranger_without_any_right_is_not_let_in() -> None:
    """The reason is its own title; a modality is let in even if nothing is allowed to it."""
    assert _decide(NOBODY) is CALLING_AET_UNKNOWN
    rights = ("Echo", "Store", "Find", "Get", "Move", "StorageCommitment")
    forbidden = CT | {f"Allow{right}": False for right in rights}
    assert _decide(_modalities(forbidden) | NOBODY) == Rights(*([False] * 5))


@pytest.mark.parametrize(
    ("strict", "ours", "theirs", "same"),
    [
        (False, "Axial", "aXIAL", True),
        (True, "Axial", "aXIAL", False),
        (True, "Axial", "Axial", True),
        (True, "Axial", "Axial  ", True),
        (False, "Axial", "Axia", False),
        (False, "Axial", "", False),
    ],
)
def test_titles_are_compared(strict: bool, ours: str, theirs: str, same: bool) -> None:  # noqa: FBT001 - a table
    """The called one with ours if that is wanted, the calling one with the modalities'; case matters by option."""
    options = {"DicomAet": ours, "StrictAetComparison": strict, "DicomCheckCalledAet": True}
    assert (_decide(options, called=theirs) is CALLED_AET_UNKNOWN) is not same
    assert _decide(options | {"DicomCheckCalledAet": False}, called=theirs) == STRANGER
    modality = _modalities(CT | {"AET": ours})
    known = _decide(options | modality, calling=theirs, called=ours)
    assert known == (ALL if same else STRANGER)


@pytest.mark.parametrize(
    ("host", "peer_ip", "same"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:DB8:0::1", True),
        ("scanner", "10.0.0.1", False),
    ],
)
def test_the_host_is_checked(host: str, peer_ip: str, same: bool) -> None:  # noqa: FBT001 - a table
    """If that is wanted, a modality is one only at its own address."""
    options = _modalities(CT | {"Host": host}) | NOBODY
    assert _decide(options, peer_ip=peer_ip) == ALL
    checked = _decide(options | {"DicomCheckModalityHost": True}, peer_ip=peer_ip)
    assert checked == (ALL if same else CALLING_AET_UNKNOWN)


def test_modalities_that_share_a_title() -> None:
    """Where it cannot be told which it is, it may what all may; where hosts are checked, what the one there may."""
    first = CT | {"AllowFind": False}
    second = CT | {"Host": "10.0.0.2", "AllowMove": False}
    options = _modalities(first, second) | NOBODY
    either = _decide(options)
    assert either == replace(ALL, find=False, move=False)
    options |= {"DicomCheckModalityHost": True}
    there = _decide(options, peer_ip="10.0.0.2")
    assert there == replace(ALL, move=False)
    assert _decide(options, peer_ip="10.0.0.3") is CALLING_AET_UNKNOWN
