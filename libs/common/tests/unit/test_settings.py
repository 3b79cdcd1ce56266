"""Where settings come from."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from axial.common.settings import ServiceSettings

pytestmark = pytest.mark.unit


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of secrets that is named in the environment."""
    for name in ("AXIAL_INTERNAL_TOKEN", "AXIAL_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AXIAL_SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_secrets_are_read_from_files(secrets: Path) -> None:
    """A file that is named like a variable sets it; the line's end that editors leave is no part of it."""
    (secrets / "axial_internal_token").write_text("so-secret\n")
    (secrets / "axial_database_url").write_text("postgresql://axial:pw@postgres/axial")
    (secrets / "somebody_elses").write_text("x")
    settings = ServiceSettings()
    assert settings.internal_token.get_secret_value() == "so-secret"
    assert settings.database_url == "postgresql://axial:pw@postgres/axial"


def test_the_environment_goes_first(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set holds, whatever its file says."""
    (secrets / "axial_internal_token").write_text("from the file")
    monkeypatch.setenv("AXIAL_INTERNAL_TOKEN", "from the environment")
    assert ServiceSettings().internal_token.get_secret_value() == "from the environment"


def test_a_folder_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service does not start without the secrets that it was promised."""
    monkeypatch.setenv("AXIAL_SECRETS_DIR", "/nonexistent")
    with pytest.raises(ValidationError, match="secrets_dir"):
        ServiceSettings()
