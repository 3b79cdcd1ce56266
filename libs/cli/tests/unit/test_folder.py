"""The data folder, its secret and its lock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from axial.cli.folder import DataFolder, FolderUnusable
from axial.cli.lock import take

pytestmark = pytest.mark.unit


def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    """Nobody else on the machine reads patients' images from it."""
    folder = DataFolder(tmp_path / "new" / "data")
    folder.make()
    assert folder.root.stat().st_mode & 0o077 == 0


def test_a_file_where_the_folder_should_be_is_told_in_one_line(tmp_path: Path) -> None:
    """The message names the folder and the reason."""
    place = tmp_path / "data"
    place.touch()
    with pytest.raises(FolderUnusable, match=r"data: (File exists|Not a directory)$"):
        DataFolder(place).make()


def test_a_secret_outlives_the_process(tmp_path: Path) -> None:
    """It is the same at the second start, and readable by its owner only."""
    folder = DataFolder(tmp_path)
    folder.make()
    secret = folder.secret("token")
    assert len(secret) > 40
    assert folder.secret("token") == secret
    assert (folder.run / "token").stat().st_mode & 0o077 == 0


def test_a_second_holder_is_refused_at_once_and_told_who_has_it(tmp_path: Path) -> None:
    """The line names the process that holds the folder."""
    folder = DataFolder(tmp_path)
    folder.make()
    lock = take(folder)
    with pytest.raises(
        FolderUnusable, match=rf"in use by another `axial up` \(process {os.getpid()}\)"
    ):
        take(folder)
    os.close(lock)
    os.close(take(folder))


def test_the_lock_of_a_killed_holder_is_waited_for(tmp_path: Path) -> None:
    """What the dead left to their watchdog is taken over as soon as that one is done."""
    folder = DataFolder(tmp_path)
    folder.make()
    # A holder that dies, and leaves the descriptor to a child that lives half a second longer.
    script = (
        "import os, subprocess, sys; from pathlib import Path;"
        "from axial.cli.folder import DataFolder; from axial.cli.lock import take;"
        f"lock = take(DataFolder(Path({str(tmp_path)!r})));"
        "subprocess.Popen(['sleep', '0.5'], pass_fds=(lock,)); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    os.close(take(folder))
