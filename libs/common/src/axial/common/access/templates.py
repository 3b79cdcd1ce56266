"""What is said of paths by templates as `/jobs/{id}/cancel`, found without trying one after another."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


@dataclass(slots=True)
class _Node(Generic[ValueT]):
    literals: dict[str, "_Node[ValueT]"] = field(default_factory=dict)
    parameter: "_Node[ValueT] | None" = None
    value: ValueT | None = None

    def child(self, segment: str) -> "_Node[ValueT]":
        """Find or make what comes after a segment of a template."""
        if not segment.startswith("{"):
            return self.literals.setdefault(segment, _Node())
        if self.parameter is None:
            self.parameter = _Node()
        return self.parameter

    def after(self, segment: str) -> "Iterator[_Node[ValueT]]":
        """Go on by a segment of a path; one that is named comes before a parameter."""
        if segment in self.literals:
            yield self.literals[segment]
        if self.parameter is not None and segment:
            yield self.parameter


class Templates(Generic[ValueT]):
    """Values by templates of paths; a parameter is one segment."""

    def __init__(self) -> None:
        self._root: _Node[ValueT] = _Node()

    def add(self, template: str, value: ValueT) -> None:
        """Say something of a template, once."""
        node = self._root
        for segment in template.split("/")[1:]:
            node = node.child(segment)
        assert node.value is None, f"{template} is there already"
        node.value = value

    def find(self, path: str) -> ValueT | None:
        """Tell what is said of a path."""
        return _find(self._root, path.split("/"), 1)


def _find(node: _Node[ValueT], segments: list[str], position: int) -> ValueT | None:
    if position == len(segments):
        return node.value
    for child in node.after(segments[position]):
        found = _find(child, segments, position + 1)
        if found is not None:
            return found
    return None
