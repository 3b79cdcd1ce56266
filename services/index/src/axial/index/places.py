"""The places of a series that promises a number of instances: who takes one, who frees it. Pure."""

from axial.index.state import Resource, State


def take_place(state: State, series: Resource, index: int | None) -> bool:
    """Give an instance its place; tell whether it has one there. The first claim takes it."""
    return _count(state, series, index, +1)


def free_place(state: State, series: Resource, index: int | None) -> None:
    """Take an instance's claim away; the last one to go frees the place."""
    _count(state, series, index, -1)


def _count(state: State, series: Resource, index: int | None, by: int) -> bool:
    expected = series.expected_instances
    if expected is None or index is None or not 1 <= index <= expected:
        return False
    claims = state.index_counts.get((series.id, index), 0)
    state.index_counts[series.id, index] = claims + by
    if claims == (0 if by > 0 else 1):
        series.distinct_indexes += by
    return True
