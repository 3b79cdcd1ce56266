"""Everything that can be asked about an instance, whichever routes there are."""

from collections.abc import Iterator, Mapping
from importlib.resources import files

_LEVELS = ("patients", "studies", "series", "instances")
# What does not depend on what is in the file.
_INDIFFERENT = ("/attachments", "/labels", "/protected", "/metadata/{")
# What stands for the parameters that are not the resource itself.
_PARAMETERS = {
    "frame": ("0",),
    "path": ("0010-0010", "0008-1140/0", "7fe0-0010/0"),
}
# More than one form of the same.
_QUERIES = {
    "tags": ("", "?short"),
    "preview": ("", "?quality=50"),
    "numpy": ("", "?compress"),
    "instances": ("", "?full"),
}


def questions(ids: Mapping[str, str]) -> Iterator[str]:
    """The paths of all GET routes, about the resources with the given identifiers, by the words of their paths."""
    for line in files("axial.common").joinpath("operations.txt").read_text("utf-8").splitlines():
        template, *methods = line.split(" ")
        level = template.split("/")[1]
        if "GET" not in methods or level not in _LEVELS or "/{" not in template:
            continue
        if any(words in template for words in _INDIFFERENT):
            continue
        for path in _filled(template, ids[level]):
            last = path.rpartition("/")[2]
            for query in _QUERIES.get(last, ("",)):
                yield path + query


def _filled(template: str, resource_id: str) -> Iterator[str]:
    """Put the resource in the first place, and what is known of the others in theirs."""
    before, _, rest = template.partition("{")
    _, _, after = rest.partition("}")
    paths = [f"{before}{resource_id}{after}"]
    for name, values in _PARAMETERS.items():
        paths = [
            path.replace(f"{{{name}}}", value)
            for path in paths
            for value in (values if f"{{{name}}}" in path else ("",))
        ]
    assert not any("{" in path for path in paths), template
    yield from paths
