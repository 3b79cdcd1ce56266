"""What holds at first, and after each change."""

import subprocess
import sys
from functools import reduce

import pytest

from axial.common.configuration import BadConfiguration, Configuration
from axial.common.configuration_file import load_configuration
from axial.common.events import SettingChanged
from axial.common.runtime import RuntimeSettings
from axial.common.runtime.catalogue import STORAGE_SOP_CLASSES, TRANSFER_SYNTAXES
from axial.common.runtime.settings import LOG_CATEGORIES, changed, initial_settings

pytestmark = pytest.mark.unit

_CT = "1.2.840.10008.5.1.4.1.1.2"
_PRIVATE = "1.2.3.4"


def after(*events: SettingChanged, **options: object) -> RuntimeSettings:
    """Begin with a configuration and apply changes."""
    return reduce(changed, events, initial_settings(Configuration.model_validate(options)))


def test_the_defaults_are_orthancs() -> None:
    """A configuration that says nothing means what it means to Orthanc."""
    settings = after()
    assert settings.default_encoding == "Latin1"
    assert settings.accepted_transfer_syntaxes == TRANSFER_SYNTAXES
    assert settings.accepted_sop_classes == STORAGE_SOP_CLASSES
    assert not settings.unknown_sop_class_accepted
    assert settings.metrics_enabled
    assert settings.verbosity == "default"


def test_the_configuration_says_what_holds_first() -> None:
    """By Orthanc's options."""
    settings = after(
        DefaultEncoding="greek",
        AcceptedTransferSyntaxes=["1.2.840.10008.1.2", "1.2.840.10008.1.2.4.9?"],
        AcceptedSopClasses=[f"{_CT}*", _PRIVATE],
        RejectedSopClasses=f"{_CT}.?",
        UnknownSopClassAccepted=True,
        MetricsEnabled=False,
    )
    assert settings.default_encoding == "Greek"
    assert settings.accepted_transfer_syntaxes[0] == "1.2.840.10008.1.2"
    assert settings.accepted_transfer_syntaxes[1:] == tuple(
        f"1.2.840.10008.1.2.4.{number}" for number in range(90, 96)
    )
    assert {_CT, _PRIVATE} <= set(settings.accepted_sop_classes)
    assert f"{_CT}.1" not in settings.accepted_sop_classes
    assert settings.unknown_sop_class_accepted
    assert not settings.metrics_enabled


def test_a_bad_option_is_one_clear_error() -> None:
    """At start, by its name."""
    with pytest.raises(BadConfiguration, match="option AcceptedTransferSyntaxes"):
        load_configuration(None, {"ORTHANC__ACCEPTED_TRANSFER_SYNTAXES": "7"})


def test_each_setting_changes_alone() -> None:
    """The last change of it holds, whatever the configuration says."""
    settings = after(
        SettingChanged(name="default-encoding", value="Utf8"),
        SettingChanged(name="accepted-transfer-syntaxes", value=("1.2.840.10008.1.2",)),
        SettingChanged(name="unknown-sop-class-accepted", value=True),
        SettingChanged(name="metrics", value=True),
        SettingChanged(name="metrics", value=False),
        MetricsEnabled=True,
    )
    assert settings.default_encoding == "Utf8"
    assert settings.accepted_transfer_syntaxes == ("1.2.840.10008.1.2",)
    assert settings.unknown_sop_class_accepted
    assert not settings.metrics_enabled
    assert settings.verbosity == "default"


def test_the_main_log_level_is_all_categories() -> None:
    """Setting it sets each, and it is the highest of them: as in Orthanc."""
    trace = SettingChanged(name="log-level", value="trace")
    assert set(after(trace).verbosities) == {"trace"}
    one = SettingChanged(name="log-level-jobs", value="verbose")
    settings = after(trace, SettingChanged(name="log-level", value="default"), one)
    told = {category: settings.verbosity_of(category) for category in LOG_CATEGORIES}
    assert told.pop("jobs") == "verbose" == settings.verbosity
    assert set(told.values()) == {"default"}


def test_the_catalogue_is_the_same_in_every_process() -> None:
    """Where pynetdicom is imported, pydicom knows more: what is told and what is accepted must not differ."""
    program = "from axial.common.runtime import catalogue as c; print(*map(c.name_of, c.TRANSFER_SYNTAXES), sep='|')"
    told = {
        subprocess.run(
            (sys.executable, "-c", before + program), capture_output=True, text=True, check=True
        ).stdout
        for before in ("", "import pynetdicom; ")
    }
    assert len(told) == 1
    assert "|JPEG XL|" in told.pop()
