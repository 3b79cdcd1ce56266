"""What an earlier run had finished."""

from io import BytesIO
from pathlib import Path

import pytest

from axial.cli.importing.journal import Journal
from axial.cli.importing.sources import Source

pytestmark = pytest.mark.unit

SERVER = "http://127.0.0.1:8042/"


def _source(name: str) -> Source:
    return Source(name, 1, f"/data/{name}\x001\x002", lambda: BytesIO(b"x"))


def test_the_next_run_knows_what_was_finished(tmp_path: Path) -> None:
    """What was added is had by the next journal in the folder, and nothing else is."""
    with Journal(tmp_path, SERVER) as journal:
        assert not journal.has(_source("a"))
        journal.add(_source("a"))
    with Journal(tmp_path, SERVER) as journal:
        assert journal.has(_source("a"))
        assert not journal.has(_source("b"))


def test_another_server_has_not_got_it(tmp_path: Path) -> None:
    """The same folder serves several servers."""
    with Journal(tmp_path, SERVER) as journal:
        journal.add(_source("a"))
    with Journal(tmp_path, "http://elsewhere/") as journal:
        assert not journal.has(_source("a"))


def test_a_line_that_a_crash_cut_short_counts_for_nothing(tmp_path: Path) -> None:
    """The cut line's source is sent again; the lines before and after it stay good."""
    with Journal(tmp_path, SERVER) as journal:
        journal.add(_source("a"))
        journal.add(_source("b"))
    file = tmp_path / "journal"
    file.write_text(file.read_text()[:-10])
    with Journal(tmp_path, SERVER) as journal:
        assert journal.has(_source("a"))
        assert not journal.has(_source("b"))
        journal.add(_source("c"))
    with Journal(tmp_path, SERVER) as journal:
        assert journal.has(_source("a"))
        assert journal.has(_source("c"))


def test_it_holds_no_names(tmp_path: Path) -> None:
    """Paths may name patients; the journal does not, even where a name is not UTF-8."""
    with Journal(tmp_path, SERVER) as journal:
        journal.add(_source("DOE^JANE"))
        journal.add(_source("DOE^J\udcffANE"))
    assert "DOE" not in (tmp_path / "journal").read_text()
