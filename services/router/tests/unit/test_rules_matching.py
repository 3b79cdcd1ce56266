"""The laws of conditions, for whatever is asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.common.ticks import Ticks
from axial.router.rules.matching import (
    AllOf,
    AnyOf,
    Case,
    Condition,
    Leaf,
    NotThat,
    explain,
    holds,
)

pytestmark = pytest.mark.unit

_VALUES = st.fixed_dictionaries({name: st.booleans() for name in "abcd"})


def _leaf(name: str) -> Leaf:
    # The facts of these cases are the values of variables.
    return Leaf(name, "true", lambda case: str(case.facts[name]), lambda found: found == "True")  # type: ignore[index]


_CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    st.sampled_from("abcd").map(_leaf),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3).map(lambda some: AllOf(tuple(some))),
        st.lists(parts, max_size=3).map(lambda some: AnyOf(tuple(some))),
        parts.map(NotThat),
    ),
    max_leaves=12,
)


def _case(values: dict[str, bool]) -> Case:
    return Case(values, Ticks(0))  # type: ignore[arg-type] # variables, as above


def _judged(told: dict[str, Any]) -> bool:
    """Work out from an explanation alone whether the condition holds, checking each part on the way."""
    if "Condition" in told:
        verdict = bool(told["Found"] == "True")
    elif "All" in told:
        verdict = all(map(_judged, told["All"]))
    elif "Any" in told:
        verdict = any(map(_judged, told["Any"]))
    else:
        verdict = not _judged(told["Not"])
    assert told["Holds"] is verdict
    return bool(verdict)


@given(_CONDITIONS, _VALUES)
def test_an_explanation_agrees_with_the_verdict(
    condition: Condition, values: dict[str, bool]
) -> None:
    """What is explained, part by part, is what is decided."""
    case = _case(values)
    assert _judged(explain(condition, case)) is holds(condition, case)


@given(st.lists(_CONDITIONS, max_size=4), _VALUES)
def test_the_laws_of_all_any_and_not(parts: list[Condition], values: dict[str, bool]) -> None:
    """All and Any are each other's opposite under Not, Not undoes itself, and order is nothing to them."""
    case = _case(values)
    all_of, any_of = AllOf(tuple(parts)), AnyOf(tuple(parts))
    each_not = tuple(map(NotThat, parts))
    assert holds(NotThat(all_of), case) is holds(AnyOf(each_not), case)
    assert holds(NotThat(any_of), case) is holds(AllOf(each_not), case)
    assert holds(NotThat(NotThat(all_of)), case) is holds(all_of, case)
    assert holds(AllOf(tuple(reversed(parts))), case) is holds(all_of, case)
    assert holds(AnyOf((any_of, all_of)), case) is (holds(any_of, case) or holds(all_of, case))
