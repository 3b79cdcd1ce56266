"""Whether conditions hold for an instance, and why. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from axial.common.ticks import Ticks
from axial.router.rules.facts import Facts


@dataclass(frozen=True, slots=True)
class Case:
    """An instance, at the time of the change that is looked at."""

    facts: Facts
    moment: Ticks


@dataclass(frozen=True, slots=True)
class Leaf:
    """One thing that is asked."""

    #: Where it stands in the rule: `Tags.Modality`.
    name: str
    expected: str
    found: Callable[[Case], str | None]
    admits: Callable[[str | None], bool]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds when all of its parts do, so also without any."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when one of its parts does."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class NotThat:
    """Holds when its part does not."""

    part: "Condition"


Condition: TypeAlias = Leaf | AllOf | AnyOf | NotThat


def holds(condition: Condition, case: Case) -> bool:
    """Tell whether a condition holds, looking at no more than it takes."""
    match condition:
        case Leaf():
            return condition.admits(condition.found(case))
        case AllOf():
            return all(holds(part, case) for part in condition.parts)
        case AnyOf():
            return any(holds(part, case) for part in condition.parts)
        case NotThat():
            return not holds(condition.part, case)


def explain(condition: Condition, case: Case) -> dict[str, Any]:
    """Tell of each part of a condition whether it holds, and of each thing that is asked what was found."""
    match condition:
        case Leaf():
            found = condition.found(case)
            return {
                "Condition": condition.name,
                "Expected": condition.expected,
                "Found": found,
                "Holds": condition.admits(found),
            }
        case AllOf():
            parts = [explain(part, case) for part in condition.parts]
            return {"All": parts, "Holds": all(part["Holds"] for part in parts)}
        case AnyOf():
            parts = [explain(part, case) for part in condition.parts]
            return {"Any": parts, "Holds": any(part["Holds"] for part in parts)}
        case NotThat():
            part = explain(condition.part, case)
            return {"Not": part, "Holds": not part["Holds"]}
