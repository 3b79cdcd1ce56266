"""Behaviour, from one file in Orthanc's own format, with Orthanc's own option names.

`ORTHANC__SECTION__OPTION` in the environment overrides the file, as in Orthanc's images. An unknown option
is a warning that names it; a bad value is one clear error at start.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import json5
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from axial.common.annotation_names import FIRST_USER_NUMBER, LAST_USER_NUMBER
from axial.common.events import OverwriteMode

_ENVIRONMENT_PREFIX = "ORTHANC__"


class BadConfiguration(Exception):
    """The configuration cannot be used; the message is one line that says why."""


def _overwrite_mode(value: object) -> object:
    """Read `OverwriteInstances`: a boolean in Orthanc before 1.13, a word since."""
    modes: dict[object, OverwriteMode] = {
        True: "always",
        False: "never",
        "true": "always",
        "false": "never",
        "always": "always",
        "never": "never",
        "ifchanged": "if_changed",
        "if-changed": "if_changed",
        "if_changed": "if_changed",
    }
    key = value.lower() if isinstance(value, str) else value
    if isinstance(key, bool | str) and key in modes:
        return modes[key]
    raise ValueError("must be Never, Always or IfChanged")


class UserContent(BaseModel):
    """What the configuration says of a kind of attachment."""

    model_config = ConfigDict(frozen=True)

    number: Annotated[int, Field(ge=FIRST_USER_NUMBER, le=LAST_USER_NUMBER)]
    media_type: str = "application/octet-stream"


def _user_contents(value: object) -> object:
    """Read `UserContentType`: a number, or a number with its MIME type."""
    if not isinstance(value, dict):
        return value
    return {name: _user_content(content) for name, content in value.items()}


def _user_content(value: object) -> object:
    match value:
        case int():
            return {"number": value}
        case [int() as number, str() as media_type]:
            return {"number": number, "media_type": media_type}
    return value


UserNumber = Annotated[int, Field(ge=FIRST_USER_NUMBER, le=LAST_USER_NUMBER)]
UserName = Annotated[str, Field(min_length=1, pattern="^[^:]+$")]
Password = Annotated[SecretStr, Field(min_length=1)]


class Configuration(BaseModel):
    """The options Axial honours, by Orthanc's names; `unknown` lists those it does not."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    name: str = Field("Axial", alias="Name", description="Shown by /system.")
    dicom_aet: str = Field("AXIAL", alias="DicomAet", description="Our AE title.")
    dicom_port: int = Field(4242, alias="DicomPort", ge=1, le=65535, description="The DICOM port.")
    http_port: int = Field(8042, alias="HttpPort", ge=1, le=65535, description="The HTTP port.")
    remote_access_allowed: bool = Field(
        False,
        alias="RemoteAccessAllowed",
        description="Listen beyond loopback; users are then required.",
    )
    authentication_enabled: bool | None = Field(
        None,
        alias="AuthenticationEnabled",
        description="Ask for credentials; by default whenever users are registered.",
    )
    # An empty name would look like a service to what is written down; an empty password is none.
    registered_users: dict[UserName, Password] = Field(
        default_factory=dict, alias="RegisteredUsers", description="User names and passwords."
    )
    overwrite_instances: Annotated[OverwriteMode, BeforeValidator(_overwrite_mode)] = Field(
        "never",
        alias="OverwriteInstances",
        description="What happens when an instance arrives again: Never, Always or IfChanged.",
    )
    maximum_upload_size: int = Field(
        4096,
        alias="MaximumUploadSize",
        ge=1,
        description="Largest accepted HTTP body, and largest instance in a ZIP, in MiB (Axial's own).",
    )
    stable_age: int = Field(
        60,
        alias="StableAge",
        ge=1,
        description="A resource is stable when nothing has reached it for this many seconds.",
    )
    user_metadata: dict[UserName, UserNumber] = Field(
        default_factory=dict,
        alias="UserMetadata",
        description="Names of users' metadata, each with a number from 1024 to 65535.",
    )
    user_content_type: Annotated[dict[UserName, UserContent], BeforeValidator(_user_contents)] = (
        Field(
            default_factory=dict,
            alias="UserContentType",
            description="Names of users' attachments, each with a number from 1024 to 65535, alone or as"
            " `[number, MIME type]`.",
        )
    )
    check_revisions: bool = Field(
        False,
        alias="CheckRevisions",
        description="Refuse to change a metadata or an attachment without naming its revision.",
    )
    case_sensitive_pn: bool = Field(
        False,
        alias="CaseSensitivePN",
        description="Whether case matters in /tools/find that does not say so itself.",
    )
    limit_find_results: int = Field(
        0,
        alias="LimitFindResults",
        ge=0,
        description="Most patients, studies or series that one find answers; 0 for no limit.",
    )
    limit_find_instances: int = Field(
        0,
        alias="LimitFindInstances",
        ge=0,
        description="Most instances that one find answers; 0 for no limit.",
    )
    change_feed_casing: Literal["learn", "dicom-server"] = Field(
        "learn",
        alias="ChangeFeedCasing",
        description="Spelling of the Azure feed: of its documentation, or of dicom-server (Axial's own).",
    )
    unversioned_change_feed: bool = Field(
        True,
        alias="UnversionedChangeFeed",
        description="Serve /changefeed without a version in its path (Axial's own).",
    )

    #: Options that were given and mean nothing to Axial; logged at start.
    unknown: tuple[str, ...] = Field((), exclude=True)

    @property
    def authentication_required(self) -> bool:
        """Whether a request must carry credentials."""
        if self.authentication_enabled is None:
            return bool(self.registered_users)
        return self.authentication_enabled


def load_configuration(
    path: Path | None, environment: Mapping[str, str] = os.environ
) -> Configuration:
    """Read the file and the overrides; raise BadConfiguration with one line that names the culprit."""
    options = _read_file(path) if path else {}
    for keys, value in _overrides(environment):
        _put(options, keys, value)
    known = {field.alias for field in Configuration.model_fields.values() if field.alias}
    unknown = tuple(sorted(name for name in options if name not in known))
    try:
        return Configuration(
            **{name: value for name, value in options.items() if name in known}, unknown=unknown
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"][:1])
        raise BadConfiguration(f"option {where}: {first['msg']}") from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise BadConfiguration(f"{path}: {reason}") from error
    try:
        options = json5.loads(text)
    except ValueError as error:
        raise BadConfiguration(f"{path}: {str(error).splitlines()[0]}") from error
    if not isinstance(options, dict):
        raise BadConfiguration(f"{path}: must be a JSON object")
    return options


def _overrides(environment: Mapping[str, str]) -> Iterator[tuple[list[str], Any]]:
    """Read ORTHANC__DICOM_AET and ORTHANC__DICOM_WEB__ENABLE: underscores separate words, two of them levels."""
    names = {_screaming(f.alias): f.alias for f in Configuration.model_fields.values() if f.alias}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(_ENVIRONMENT_PREFIX):
            continue
        first, *rest = variable.removeprefix(_ENVIRONMENT_PREFIX).split("__")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        yield [names.get(first, first), *rest], value


def _screaming(name: str) -> str:
    """Turn DicomAet into DICOM_AET, as Orthanc's images spell it."""
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(name)).upper()


def _put(options: dict[str, Any], keys: list[str], value: object) -> None:
    for key in keys[:-1]:
        child = options.setdefault(key, {})
        if not isinstance(child, dict):
            raise BadConfiguration(f"option {keys[0]}: is not a section")
        options = child
    options[keys[-1]] = value
