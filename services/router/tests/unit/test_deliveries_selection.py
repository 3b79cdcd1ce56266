"""Which deliveries somebody asks for."""

import pytest

from axial.common.errors import BadJson, BadParameter
from axial.router.deliveries.delivery import State
from axial.router.deliveries.selection import (
    Page,
    Selection,
    destination_json,
    read_body,
    read_number,
    read_page,
    read_query,
)
from axial.router.destinations.port import DestinationKind, DestinationName

pytestmark = pytest.mark.unit


def test_query() -> None:
    """Arguments select; what is not given selects nothing."""
    assert read_query({}) == Selection()
    assert read_query({"state": "dead", "modality": "PACS", "rule": "r"}) == Selection(
        state=State.DEAD, kind=DestinationKind.MODALITY, name="PACS", rule="r"
    )
    assert read_query({"state": "Due", "peer": "P", "instance": "i", "reason": "x"}) == Selection(
        State.DUE, DestinationKind.PEER, "P", None, "i", "x"
    )
    assert read_page({"since": "4", "limit": "1000"}) == Page(4, 1000)


@pytest.mark.parametrize(
    "query",
    [{"state": "lost"}, {"modality": "a", "peer": "b"}, {"rule": "a\0"}, {"reason": "\ud800"}],
)
def test_bad_queries(query: dict[str, str]) -> None:
    """What cannot be meant is refused."""
    with pytest.raises(BadParameter):
        read_query(query)


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "1001"}, {"limit": "-1"}, {"since": "x"}, {"since": "9" * 40}],
)
def test_bad_pages(query: dict[str, str]) -> None:
    """Numbers have bounds."""
    with pytest.raises(BadParameter):
        read_page(query)


def test_body() -> None:
    """A body selects dead letters by destination, rule and reason."""
    assert read_body(b"") == Selection()
    assert read_body(b'{"Peer": "P", "Rule": "r", "Reason": "x"}') == Selection(
        kind=DestinationKind.PEER, name="P", rule="r", reason="x"
    )


@pytest.mark.parametrize(
    "body", [b"[]", b'{"Destination": "P"}', b'{"Peer": 5}', b'"x"', b'{"Rule": "\\u0000"}']
)
def test_bad_bodies(body: bytes) -> None:
    """A field that is not known must not select everything."""
    with pytest.raises(BadParameter):
        read_body(body)


def test_no_json() -> None:
    """What is no JSON is told so."""
    with pytest.raises(BadJson):
        read_body(b"{")


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("x", None), ("-1", None), ("²", None), ("9" * 19, None)]
)
def test_numbers(text: str, number: int | None) -> None:
    """Whatever is no number of a delivery names none."""
    assert read_number(text) == number


def test_destination() -> None:
    """A destination is written as it is selected."""
    assert destination_json(DestinationName(DestinationKind.PEER, "P")) == {"Peer": "P"}
