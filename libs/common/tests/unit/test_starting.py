"""Imports that are made when a process starts."""

import gc
import sys
from importlib import import_module

import pytest

from axial.common.starting import importing

pytestmark = pytest.mark.unit


def test_what_is_left_out_is_absent_meanwhile_only() -> None:
    """A package that is installed is not found within, as if it were not, and is found afterwards."""
    sys.modules.pop("wave", None)
    with importing(without=("wave",)):
        with pytest.raises(ModuleNotFoundError, match="wave"):
            import_module("wave")
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()  # here it is a test's process
    assert import_module("wave").open


def test_a_failed_import_leaves_all_as_it_was() -> None:
    """An import that fails is told, and neither the collector nor what was left out stays away."""
    finders = list(sys.meta_path)
    with pytest.raises(ModuleNotFoundError), importing():
        import_module("axial.nothing")
    gc.unfreeze()
    assert gc.isenabled()
    assert sys.meta_path == finders
