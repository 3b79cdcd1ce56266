"""Tags in the full format, made into the others and compared."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from axial.common.attributes import format_tag
from axial.common.orthanc_tags import Json, TagFormat


def in_format(full: Mapping[str, Any], tag_format: TagFormat) -> Json:
    """Show tags that are in the full format in another one."""
    if tag_format is TagFormat.FULL:
        return dict(full)
    return dict(_brief_items(full, tag_format))


def brief(element: Mapping[str, Any], tag_format: TagFormat) -> Any:
    """Take names and types out of an element's full format."""
    value = element["Value"]
    if not isinstance(value, list):
        return value
    return [dict(_brief_items(item, tag_format)) for item in value]


def within(full: Mapping[str, Any], wanted: Collection[int]) -> Json:
    """Keep some tags."""
    return {
        spelled: full[spelled] for tag in sorted(wanted) if (spelled := format_tag(tag)) in full
    }


def shared(some: Mapping[str, Any] | None, others: Mapping[str, Any]) -> Json:
    """Keep the texts that are the same in both, in the full format; with nothing to compare to, all texts."""
    if some is None:
        return {tag: element for tag, element in others.items() if element["Type"] == "String"}
    return {
        tag: element
        for tag, element in some.items()
        if (other := others.get(tag))
        and other["Type"] == "String"
        and other["Value"] == element["Value"]
    }


def _brief_items(item: Mapping[str, Any], tag_format: TagFormat) -> Iterator[tuple[str, Any]]:
    for tag, element in item.items():
        name = element["Name"] if tag_format is TagFormat.SIMPLIFIED else tag
        yield name, brief(element, tag_format)
