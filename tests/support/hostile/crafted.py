"""Hostile files made on purpose, by what is wrong with them."""

from collections.abc import Iterator
from itertools import chain, islice

from support.hostile import amounts, pictures, structures, values


def crafted(every: int = 1) -> Iterator[tuple[str, bytes]]:
    """Every one, with its name; of those that differ by a value only, every so-many-th."""
    return chain(
        structures.lengths(),
        structures.nested(),
        structures.cuts(),
        structures.twice(),
        amounts.many(),
        amounts.deflated(),
        islice(values.names(), 0, None, every),
        islice(values.texts(), 0, None, every),
        values.numbers(),
        pictures.pixels(),
    )
