"""What options of the configuration are made of, in all the forms in which Orthanc takes them."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
)
from pydicom.uid import AllTransferSyntaxes

from axial.common.annotation_names import FIRST_USER_NUMBER, LAST_USER_NUMBER
from axial.common.encodings import ENCODINGS, encoding_name
from axial.common.events import OverwriteMode

_NO_PROXY = "must be [user:password@]host[:port] of an HTTP proxy"


def read_overwrite_mode(value: object) -> object:
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


def read_encoding(value: object) -> object:
    """Read the name of a character set, in any case."""
    if isinstance(value, str) and (name := encoding_name(value)):
        return name
    raise ValueError(f"must be one of {', '.join(ENCODINGS)}")


def check_transfer_syntax(uid: str) -> str:
    """Let a transfer syntax pass that the standard knows."""
    if uid not in AllTransferSyntaxes:
        raise ValueError("must be the UID of a transfer syntax")
    return uid


class UserContent(BaseModel):
    """What the configuration says of a kind of attachment."""

    model_config = ConfigDict(frozen=True)

    number: Annotated[int, Field(ge=FIRST_USER_NUMBER, le=LAST_USER_NUMBER)]
    media_type: str = "application/octet-stream"


def _patterns(value: object) -> object:
    """Read a list of UIDs, possibly with wildcards; one alone may stand without its list."""
    return [value] if isinstance(value, str) else value


def read_user_contents(value: object) -> object:
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


def _beside(path: Path, info: ValidationInfo) -> Path:
    """Take a relative path as Orthanc does: from the folder of the configuration file."""
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path


def _proxy(value: SecretStr) -> SecretStr:
    """Check what a proxy is named by; it may hold a password, which is not told."""
    text = value.get_secret_value()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        _ = parts.port  # raises ValueError where there is none between 0 and 65535
    except ValueError:  # which quotes what may be the password
        raise ValueError(_NO_PROXY) from None
    if parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
        raise ValueError(_NO_PROXY)
    return value


def only_registered(roles: dict[str, "UserRole"], info: ValidationInfo) -> dict[str, "UserRole"]:
    """Refuse roles of nobody: a misspelt name would leave its user with all rights."""
    # Not there when they are wrong themselves, which is told then.
    users = info.data.get("registered_users")
    if users is not None and not roles.keys() <= users.keys():
        raise ValueError("names somebody who is not in RegisteredUsers")
    return roles


HttpProxy = Annotated[SecretStr, AfterValidator(_proxy)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(_patterns)]
# What a path names is read by whoever needs it, and only then has to be there.
BesidePath = Annotated[Path, AfterValidator(_beside)]
UserNumber = Annotated[int, Field(ge=FIRST_USER_NUMBER, le=LAST_USER_NUMBER)]
UserName = Annotated[str, Field(min_length=1, pattern="^[^:]+$")]
Password = Annotated[SecretStr, Field(min_length=1)]
UserRole = Literal["feed", "read", "write", "admin"]
