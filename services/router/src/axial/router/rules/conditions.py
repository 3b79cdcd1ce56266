"""The conditions of a rule as they are written, and what they mean. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated, Literal, TypeAlias

import re2
from pydantic import AfterValidator, BeforeValidator, Field

from axial.common.dictionary import Dictionary
from axial.common.errors import BadParameter
from axial.router.rules import texts, times
from axial.router.rules.bodies import Body
from axial.router.rules.matching import AllOf, AnyOf, Case, Condition, Leaf, NotThat
from axial.router.rules.texts import AnyTextTest, TextTest
from axial.router.rules.times import TimeOfDay, local_time

_MODALITY = 0x00080060
_FILE_META_GROUP = 0x0002
_GROUP_SHIFT = 16
_MOST_PARTS = 200

Found: TypeAlias = Callable[[Case], str | None]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueError("should be an address or a network, as 10.0.0.0/8") from None
    return text


Networks = Annotated[
    list[Annotated[str, AfterValidator(_network)]],
    BeforeValidator(_listed),
    Field(min_length=1, max_length=_MOST_PARTS),
]
Origins = Annotated[
    list[Literal["DicomProtocol", "RestApi"]], BeforeValidator(_listed), Field(min_length=1)
]


class Conditions(Body):
    """What must hold for an instance: everything that is given; nothing given is any instance."""

    all: "list[Conditions] | None" = Field(None, alias="All", min_length=1, max_length=_MOST_PARTS)
    any: "list[Conditions] | None" = Field(None, alias="Any", min_length=1, max_length=_MOST_PARTS)
    not_: "Conditions | None" = Field(None, alias="Not")
    tags: dict[str, AnyTextTest] | None = Field(
        None, alias="Tags", min_length=1, max_length=_MOST_PARTS
    )
    modality: AnyTextTest | None = Field(None, alias="Modality")
    sop_class: AnyTextTest | None = Field(None, alias="SopClass")
    transfer_syntax: AnyTextTest | None = Field(None, alias="TransferSyntax")
    remote_aet: AnyTextTest | None = Field(None, alias="RemoteAET")
    called_aet: AnyTextTest | None = Field(None, alias="CalledAET")
    origin: Origins | None = Field(None, alias="Origin")
    remote_ip: Networks | None = Field(None, alias="RemoteIP")
    http_username: AnyTextTest | None = Field(None, alias="HttpUsername")
    time_of_day: TimeOfDay | None = Field(None, alias="TimeOfDay")


@dataclass(frozen=True, slots=True)
class Understanding:
    """What it takes to understand conditions; it notes which attributes they look at."""

    dictionary: Dictionary
    #: Whether case matters in AE titles.
    strict_aets: bool
    tags: set[int] = field(default_factory=set)

    def condition(self, written: Conditions, place: str) -> Condition:
        """Make of conditions what can be asked; BadParameter when they name what is no attribute."""
        parts = tuple(self._parts(written, place))
        return parts[0] if len(parts) == 1 else AllOf(parts)

    def _parts(self, written: Conditions, place: str) -> Iterator[Condition]:
        if written.all is not None:
            yield AllOf(self._each(written.all, f"{place}.All"))
        if written.any is not None:
            yield AnyOf(self._each(written.any, f"{place}.Any"))
        if written.not_ is not None:
            yield NotThat(self.condition(written.not_, f"{place}.Not"))
        for name, test in (written.tags or {}).items():
            yield _of_text(
                f"{place}.Tags.{name}", test, self._of_tag(self._tag(name, f"{place}.Tags"))
            )
        if written.modality is not None:
            yield _of_text(f"{place}.Modality", written.modality, self._of_tag(_MODALITY))
        yield from self._of_origin(written, place)

    def _each(self, written: list[Conditions], place: str) -> tuple[Condition, ...]:
        return tuple(
            self.condition(each, f"{place}.{number}") for number, each in enumerate(written)
        )

    def _of_origin(self, written: Conditions, place: str) -> Iterator[Condition]:
        plain: tuple[tuple[str, TextTest | None, Found], ...] = (
            (
                "SopClass",
                written.sop_class,
                lambda case: case.facts.outbound.instance.sop_class_uid,
            ),
            (
                "TransferSyntax",
                written.transfer_syntax,
                lambda case: case.facts.outbound.instance.transfer_syntax_uid,
            ),
            ("HttpUsername", written.http_username, lambda case: case.facts.http_username),
        )
        titles: tuple[tuple[str, TextTest | None, Found], ...] = (
            ("RemoteAET", written.remote_aet, lambda case: case.facts.remote_aet),
            ("CalledAET", written.called_aet, lambda case: case.facts.called_aet),
        )
        for name, test, found in plain:
            if test is not None:
                yield _of_text(f"{place}.{name}", test, found)
        for name, test, found in titles:
            if test is not None:
                yield _of_text(f"{place}.{name}", test, found, self._title)
        if written.origin is not None:
            wanted = frozenset(written.origin)
            yield Leaf(
                f"{place}.Origin",
                " or ".join(written.origin),
                lambda case: case.facts.origin,
                lambda found: found in wanted,
            )
        if written.remote_ip is not None:
            yield Leaf(
                f"{place}.RemoteIP",
                " or ".join(written.remote_ip),
                lambda case: case.facts.remote_ip,
                _within(written.remote_ip),
            )
        if (window := written.time_of_day) is not None:
            yield Leaf(
                f"{place}.TimeOfDay",
                window.expected,
                lambda case: local_time(case.moment, window.time_zone),
                times.admission(window),
            )

    def _title(self, text: str) -> str:
        text = text.strip(" ")
        return text if self.strict_aets else text.lower()

    def _tag(self, name: str, place: str) -> int:
        tag = self.dictionary.parse(name)
        if tag is None:
            raise BadParameter(f"{place}: no attribute is called {name[:64]!a}")
        if tag >> _GROUP_SHIFT == _FILE_META_GROUP:
            raise BadParameter(
                f"{place}: file meta information is not looked at; TransferSyntax is"
            )
        return tag

    def _of_tag(self, tag: int) -> Found:
        self.tags.add(tag)
        return lambda case: case.facts.tags.get(tag)


def _of_text(name: str, test: TextTest, found: Found, fold: texts.Fold = str) -> Leaf:
    try:
        return Leaf(name, test.expected, found, texts.admission(test, fold))
    except (
        re2.error
    ):  # without case, or as a wildcard, a pattern may be larger than as it is written
        raise BadParameter(f"{name}: its pattern is too large") from None


def _within(written: list[str]) -> Callable[[str | None], bool]:
    networks = [ip_network(text, strict=False) for text in written]

    def admits(found: str | None) -> bool:
        try:
            address = ip_address(found or "")
        except ValueError:
            return False
        # What a socket for both kinds tells of a peer that speaks the older.
        plain = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
        return any(plain in network for network in networks)

    return admits
