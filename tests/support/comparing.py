"""Comparing long lists: a failure names the first difference, and does not print the rest."""

from collections.abc import Sequence


def first_difference(found: Sequence[object], expected: Sequence[object]) -> int:
    """Return the position of the first difference of two lists that are not the same, counted from 0."""
    pairs = enumerate(zip(found, expected, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(found), len(expected)))


def assert_same(what: str, found: Sequence[object], expected: Sequence[object]) -> None:
    """Both lists must be the same."""
    if found == expected:
        return
    at = first_difference(found, expected)
    raise AssertionError(
        f"{what}: {len(found)} of {len(expected)}; at {at}:"
        f" {found[at : at + 1]} instead of {expected[at : at + 1]}"
    )
