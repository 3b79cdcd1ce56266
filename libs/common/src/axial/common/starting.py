"""The imports of a process, made as cheap as they are in its image."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# What pydicom imports when it is there, to decode pixels and to download examples. Images of services that do neither
# come without it; where everything is installed it would be a quarter of the time that a process takes to start.
PIXELS = ("PIL", "gdcm", "numpy", "requests")
# What structlog imports when it is there, to show tracebacks in colours: ours never show one.
COLOURS = ("rich",)


class _Absent(MetaPathFinder):
    """Finds, for some packages, that they are not installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> ModuleSpec | None:
        """Say so, or leave it to the finders that follow."""
        if fullname in self._names:
            raise ModuleNotFoundError(f"{fullname} is not imported here", name=fullname)
        return None


@contextmanager
def importing(*, without: Sequence[str] = (*PIXELS, *COLOURS)) -> Iterator[None]:
    """Import within this what a process is made of, as if some optional packages were not installed.

    What is imported stays: the garbage collector does not look through it, neither meanwhile nor later.
    """
    absent = _Absent(without)
    sys.meta_path.insert(0, absent)
    gc.disable()
    try:
        yield
    finally:
        sys.meta_path.remove(absent)
        gc.freeze()
        gc.enable()
