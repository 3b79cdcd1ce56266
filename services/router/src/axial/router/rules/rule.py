"""A rule as it is written, and what it means. Pure."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from axial.common.configuration import Configuration
from axial.common.dictionary import Dictionary
from axial.common.errors import BadParameter
from axial.router.deliveries.wanted import Fallback, Terms
from axial.router.destinations.port import DestinationKind, DestinationName
from axial.router.rules.bodies import Body, one_of, read
from axial.router.rules.conditions import Conditions, Understanding
from axial.router.rules.matching import Condition

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_NAME = 256
_MOST_DESTINATIONS = 50
_MOST_EXPECTED = 50
_PRIORITIES = 1_000_000
# All rules together are asked of the index at once.
_MOST_TAGS = 200
# Fifty years, which are an integer of Postgres's.
_LONGEST_SECONDS = 50 * 366 * 86_400

_TERMS = Terms()

ChangeName: TypeAlias = Literal[
    "NewInstance", "CompletedSeries", "StableSeries", "StableStudy", "StablePatient"
]
#: Changes by which a series is found to be done.
SERIES_IS_DONE: frozenset[str] = frozenset({"CompletedSeries", "StableSeries"})


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("should hold no control characters")
    return text


Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME), AfterValidator(_printable)]
Priority = Annotated[int, Field(ge=-_PRIORITIES, le=_PRIORITIES)]


class WrittenTrigger(Body):
    """Which changes let a rule be looked at."""

    change: ChangeName | None = Field(None, alias="Change")
    expected_series: list[Conditions] | None = Field(
        None, alias="ExpectedSeries", min_length=1, max_length=_MOST_EXPECTED
    )

    @model_validator(mode="after")
    def _either(self) -> "WrittenTrigger":
        if (self.change is None) == (self.expected_series is None):
            raise ValueError("should be the name of a change, or have ExpectedSeries")
        return self


class WrittenName(Body):
    """A destination: a modality or a peer."""

    modality: Name | None = Field(None, alias="Modality")
    peer: Name | None = Field(None, alias="Peer")

    @model_validator(mode="after")
    def _either(self) -> "WrittenName":
        if (self.modality is None) == (self.peer is None):
            raise ValueError("should have either Modality or Peer")
        return self

    @property
    def destination(self) -> DestinationName:
        """Its name."""
        if self.modality is not None:
            return DestinationName(DestinationKind.MODALITY, self.modality)
        assert self.peer is not None, "either of them is given"
        return DestinationName(DestinationKind.PEER, self.peer)


class WrittenFallback(WrittenName):
    """Where instances go when a destination fails."""

    after_failures: int = Field(alias="AfterFailures", ge=1, le=1_000_000)


class WrittenDestination(WrittenName):
    """Where instances go, and on which terms."""

    priority: Priority | None = Field(None, alias="Priority")
    fallback: WrittenFallback | None = Field(None, alias="Fallback")
    maximum_attempts: int = Field(
        _TERMS.maximum_attempts, alias="MaximumAttempts", ge=1, le=1_000_000
    )
    give_up_after: int = Field(
        _TERMS.give_up_after_seconds, alias="GiveUpAfter", ge=0, le=_LONGEST_SECONDS
    )

    @model_validator(mode="after")
    def _elsewhere(self) -> "WrittenDestination":
        if self.fallback is not None and self.fallback.destination == self.destination:
            raise ValueError("its Fallback should be another destination")
        return self


class WrittenRule(Body):
    """A rule without its name."""

    trigger: Annotated[
        WrittenTrigger, BeforeValidator(lambda value: one_of(value, {str: "Change"}))
    ] = Field(alias="Trigger")
    conditions: Conditions = Field(Conditions(), alias="Conditions")
    destinations: list[WrittenDestination] = Field(
        alias="Destinations", min_length=1, max_length=_MOST_DESTINATIONS
    )
    priority: Priority = Field(0, alias="Priority")
    delete_after_delivery: bool = Field(False, alias="DeleteAfterDelivery")
    enabled: bool = Field(True, alias="Enabled")
    otherwise: bool = Field(False, alias="Otherwise")

    @model_validator(mode="after")
    def _each_once(self) -> "WrittenRule":
        names = [written.destination for written in self.destinations]
        if len(set(names)) < len(names):
            raise ValueError("Destinations should be named once each")
        return self


@dataclass(frozen=True, slots=True)
class Target:
    """Where a rule sends, and on which terms."""

    destination: DestinationName
    terms: Terms


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can be asked."""

    name: str
    #: By Orthanc's names.
    changes: frozenset[str]
    #: Each must be met by some series of the study that is done; without any, nothing is expected.
    expected: tuple[Condition, ...]
    condition: Condition
    targets: tuple[Target, ...]
    is_enabled: bool
    #: Whether it matches only what no other rule matches.
    is_otherwise: bool
    #: It is for changes behind this one.
    since: int
    #: Attributes that are looked at.
    tags: frozenset[int]
    #: As it was written.
    document: dict[str, Any]

    @property
    def trigger(self) -> str:
        """What it waits for, by the name in which it is written."""
        return "ExpectedSeries" if self.expected else min(self.changes)


@dataclass(frozen=True, slots=True)
class Readings:
    """How rules are read: names of attributes and whether case matters in AE titles."""

    dictionary: Dictionary
    strict_aets: bool


def readings_of(configuration: Configuration) -> Readings:
    """Read rules as the configuration says."""
    return Readings(Dictionary(configuration.dictionary), configuration.strict_aet_comparison)


def check_name(name: str) -> str:
    """Return a name that a rule may have; BadParameter otherwise."""
    if not _NAME.fullmatch(name):
        raise BadParameter("A rule's name is of A-Z, a-z, 0-9, '.', '_', '-', at most 64 of them")
    return name


def read_rule(name: str, document: Any, readings: Readings, since: int = 0) -> Rule:
    """Understand a rule; raise BadParameter, which names the field."""
    written = read(WrittenRule, document)
    understanding = Understanding(readings.dictionary, readings.strict_aets)
    expected = tuple(
        understanding.condition(conditions, f"Trigger.ExpectedSeries.{number}")
        for number, conditions in enumerate(written.trigger.expected_series or ())
    )
    condition = understanding.condition(written.conditions, "Conditions")
    if len(understanding.tags) > _MOST_TAGS:
        raise BadParameter(f"The body: a rule looks at {_MOST_TAGS} attributes at most")
    change = written.trigger.change
    return Rule(
        name=check_name(name),
        changes=SERIES_IS_DONE if change is None else frozenset({change}),
        expected=expected,
        condition=condition,
        targets=tuple(_target(written, each) for each in written.destinations),
        is_enabled=written.enabled,
        is_otherwise=written.otherwise,
        since=since,
        tags=frozenset(understanding.tags),
        document=document,
    )


def _target(rule: WrittenRule, written: WrittenDestination) -> Target:
    fallback = written.fallback
    terms = Terms(
        priority=rule.priority if written.priority is None else written.priority,
        maximum_attempts=written.maximum_attempts,
        give_up_after_seconds=written.give_up_after,
        fallback=Fallback(fallback.destination, fallback.after_failures) if fallback else None,
        delete_after=rule.delete_after_delivery,
    )
    return Target(written.destination, terms)
