"""Which resources an archive is made of."""

import pytest

from axial.common.identifiers import Level, ResourceId
from axial.index.archives.selection import Branch, Lineage, select

pytestmark = pytest.mark.unit


def line(text: str) -> Lineage:
    """Read a resource from the names of the patient down to itself."""
    return Lineage(tuple(ResourceId(name) for name in text.split("/")))


def shown(branch: Branch) -> object:
    """Write a tree as nested dictionaries; what belongs to it as a whole as `all`."""
    if branch.is_whole:
        return "all"
    return {name: shown(below) for name, below in branch.named.items()}


@pytest.mark.parametrize(
    ("named", "tree"),
    [
        ([], {}),
        (["p"], {"p": "all"}),
        (["p/t", "q"], {"p": {"t": "all"}, "q": "all"}),
        (["p/t/s/i", "p/t/s/j", "p/t/s/i"], {"p": {"t": {"s": {"i": "all", "j": "all"}}}}),
        (["p", "p/t/s"], {"p": "all"}),
        (["p/t/s", "p/u", "p"], {"p": "all"}),
        (["p/t/s/i", "p/t"], {"p": {"t": "all"}}),
    ],
)
def test_each_once(named: list[str], tree: object) -> None:
    """What is named twice, or with what it belongs to, is there once."""
    assert shown(select(map(line, named))) == tree


def test_levels() -> None:
    """A resource is of the level that its line reaches."""
    assert line("p").level is Level.PATIENT
    assert line("p/t/s/i").level is Level.INSTANCE
