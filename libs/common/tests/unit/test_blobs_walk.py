"""Listing a directory in the order of keys."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.common.blobs.directory.walk import walk

pytestmark = pytest.mark.unit

# Few letters, so that names are prefixes of one another; `-` and `.` sort before the slash.
SEGMENTS = st.text("ab-.", min_size=1, max_size=2).filter(lambda name: not name.startswith("."))
KEYS = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)


@given(keys=st.sets(KEYS, max_size=12), prefix=st.text("ab-./", max_size=4), after=st.text("ab-./"))
def test_walk_is_a_sorted_filter(keys: set[str], prefix: str, after: str) -> None:
    """Whatever the folders, the walk gives what sorting and filtering all keys would give."""
    # A file cannot be a folder too.
    blobs = {key for key in keys if not any(other.startswith(f"{key}/") for other in keys)}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for key in blobs:
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).write_bytes(key.encode())
        found = list(walk(root, prefix, after))
    assert [blob.key for blob in found] == sorted(
        key for key in blobs if key.startswith(prefix) and key > after
    )
    assert all(blob.size_bytes == len(blob.key) for blob in found)
