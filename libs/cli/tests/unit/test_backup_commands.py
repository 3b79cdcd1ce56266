"""`axial backup` and `axial restore` where they can do nothing: one clear line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from axial.cli.__main__ import build
from axial.cli.backup.dumps import without_password

pytestmark = pytest.mark.unit


def test_nothing_runs_that_could_be_backed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a system there is no backup, and the message says what would tell of one."""
    for name in ("AXIAL_NATS_URL", "AXIAL_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "backup"
    outcome = CliRunner().invoke(build(), ["backup", "--data", str(tmp_path), str(folder)])
    assert outcome.exit_code == 1
    assert "start one with `axial up`, or set AXIAL_NATS_URL" in outcome.output
    assert not folder.exists()


def test_a_folder_that_is_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a manifest is told before an engine is asked, or even there."""
    monkeypatch.setenv("AXIAL_NATS_URL", "nats://127.0.0.1:1")
    outcome = CliRunner().invoke(build(), ["restore", str(tmp_path)])
    assert outcome.exit_code == 1
    assert "is no backup: it has no manifest.json" in outcome.output.replace("\n", "")


@pytest.mark.parametrize(
    ("url", "address", "password"),
    [
        ("postgresql://axial:p%40ss@db:5432/x?y=1", "postgresql://axial@db:5432/x?y=1", "p@ss"),
        ("postgresql://axial@db/x", "postgresql://axial@db/x", ""),
        ("postgresql:///x", "postgresql:///x", ""),
    ],
)
def test_no_password_stands_among_the_arguments(url: str, address: str, password: str) -> None:
    """Whoever lists processes sees how PostgreSQL's programs were called."""
    assert without_password(url) == (address, password)
