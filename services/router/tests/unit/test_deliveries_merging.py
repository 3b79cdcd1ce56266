"""What is wanted more than once is delivered once."""

import json
from dataclasses import replace

import pytest

from axial.dimse.sending.instances import Instance
from axial.router.deliveries.merging import deletions, merge
from axial.router.deliveries.wanted import Fallback, Terms, Wanted
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.index_client import Outbound

pytestmark = pytest.mark.unit

_PACS = DestinationName(DestinationKind.MODALITY, "PACS")
_PEER = DestinationName(DestinationKind.PEER, "PACS")
_FILE = Outbound(Instance("one", "1.2", "1.2.3", "1.2.4"), 10, "5d41402abc4b2a76b9719d911017c592")
_OTHER = replace(_FILE, instance=replace(_FILE.instance, id="other"))


def _wanted(rule: str, outbound: Outbound = _FILE, **terms: object) -> Wanted:
    return Wanted(rule, _PACS, outbound, 5, Terms(**terms))  # type: ignore[arg-type] # by name


def test_merge() -> None:
    """Two rules are one delivery, on the terms of the first but for what is more than them."""
    merged = merge(
        [
            _wanted("b", priority=1, maximum_attempts=4),
            _wanted("b", _OTHER),
            _wanted("a", priority=9, maximum_attempts=8, delete_after=True),
        ]
    )
    assert [one.outbound for one in merged] == [_FILE, _OTHER]
    assert merged[0].rules == ("a", "b")
    assert merged[0].terms == Terms(priority=9, maximum_attempts=4, delete_after=True)


def test_apart() -> None:
    """A modality and a peer of one name, or two files of one instance, are not the same."""
    replaced = replace(_FILE, md5="0" * 32)
    wanted = [
        _wanted("a"),
        replace(_wanted("a"), destination=_PEER),
        _wanted("a", replaced),
    ]
    assert len(merge(wanted)) == 3


def test_row() -> None:
    """A row has what the statement asks for, in its order."""
    (merged,) = merge([_wanted("a\nb", fallback=Fallback(_PEER, 3))])
    assert merged.row[:4] == ("modality", "PACS", "one", _FILE.md5)
    assert json.loads(str(merged.row[9])) == ["a\nb"]
    assert merged.row[-4:] == ("peer", "PACS", 3, False)


def test_deletions() -> None:
    """What is to be deleted is told by rule and destination, each once."""
    wanted = [_wanted("a"), _wanted("b", delete_after=True), _wanted("b", delete_after=True)]
    assert deletions(wanted) == [("one", _FILE.md5, "b", "modality", "PACS")]
