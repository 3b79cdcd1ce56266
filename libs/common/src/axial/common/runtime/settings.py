"""The settings that can change at run time, and what a change makes of them. Pure."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from axial.common.configuration import Configuration
from axial.common.events import SettingChanged
from axial.common.runtime.catalogue import STORAGE_SOP_CLASSES, TRANSFER_SYNTAXES, chosen

LogCategory: TypeAlias = Literal["dicom", "generic", "http", "jobs", "lua", "plugins", "sqlite"]
Verbosity: TypeAlias = Literal["default", "verbose", "trace"]

LOG_CATEGORIES: tuple[LogCategory, ...] = get_args(LogCategory)
VERBOSITIES: tuple[Verbosity, ...] = get_args(Verbosity)

_CATEGORY_PREFIX = "log-level-"


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """What holds now, in every process that has followed the log as far."""

    #: Orthanc's name of it, as in its `DefaultEncoding`.
    default_encoding: str
    #: What a C-STORE may be encoded in.
    accepted_transfer_syntaxes: tuple[str, ...]
    #: What a C-STORE may bring; only the configuration says so.
    accepted_sop_classes: tuple[str, ...]
    #: Whether a C-STORE may bring what nobody knows, besides.
    unknown_sop_class_accepted: bool
    #: Whether `/tools/metrics-prometheus` tells anything.
    metrics_enabled: bool
    #: One of each category, in the order of `LOG_CATEGORIES`.
    verbosities: tuple[Verbosity, ...] = tuple("default" for _ in LOG_CATEGORIES)

    def verbosity_of(self, category: LogCategory) -> Verbosity:
        """Tell how much of a category is logged."""
        return self.verbosities[LOG_CATEGORIES.index(category)]

    @property
    def verbosity(self) -> Verbosity:
        """The highest of all, as Orthanc tells it."""
        return max(self.verbosities, key=VERBOSITIES.index)


def initial_settings(configuration: Configuration) -> RuntimeSettings:
    """Tell what holds before anything was changed."""
    accepted = configuration.accepted_sop_classes or STORAGE_SOP_CLASSES
    # Of what nobody knows, what is named in full.
    unknown = [uid for uid in accepted if uid.replace(".", "").isdecimal()]
    catalogue = tuple(dict.fromkeys((*STORAGE_SOP_CLASSES, *unknown)))
    rejected = frozenset(chosen(configuration.rejected_sop_classes, catalogue))
    return RuntimeSettings(
        default_encoding=configuration.default_encoding,
        accepted_transfer_syntaxes=chosen(
            configuration.accepted_transfer_syntaxes, TRANSFER_SYNTAXES
        ),
        accepted_sop_classes=tuple(
            uid for uid in chosen(accepted, catalogue) if uid not in rejected
        ),
        unknown_sop_class_accepted=configuration.unknown_sop_class_accepted,
        metrics_enabled=configuration.metrics_enabled,
    )


def changed(settings: RuntimeSettings, event: SettingChanged) -> RuntimeSettings:
    """Tell what holds after a change."""
    match event.name, event.value:
        case "default-encoding", str(name):
            return replace(settings, default_encoding=name)
        case "accepted-transfer-syntaxes", tuple(uids):
            return replace(settings, accepted_transfer_syntaxes=uids)
        case "unknown-sop-class-accepted", bool(accepted):
            return replace(settings, unknown_sop_class_accepted=accepted)
        case "metrics", bool(enabled):
            return replace(settings, metrics_enabled=enabled)
        case "log-level", "default" | "verbose" | "trace" as verbosity:
            return replace(settings, verbosities=(verbosity,) * len(LOG_CATEGORIES))
        case name, "default" | "verbose" | "trace" as verbosity:
            verbosities = tuple(
                verbosity if name == _CATEGORY_PREFIX + category else before
                for category, before in zip(LOG_CATEGORIES, settings.verbosities, strict=True)
            )
            return replace(settings, verbosities=verbosities)
    raise AssertionError("events validate their values")
