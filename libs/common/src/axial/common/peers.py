"""Peers, as Orthanc's option `OrthancPeers` describes them: in short, or field by field."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from axial.common.configuration_values import BesidePath

PeerProtocol: TypeAlias = Literal["Orthanc", "DICOMweb"]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_URL = re.compile(r"[!-~]+")
_NO_URL = "Url: must be the http or https URL of a server"
# They frame a request; another frame would let its body be taken for the next request. And answers are not unpacked.
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "te",
        "transfer-encoding",
        "upgrade",
    }
)
# As Orthanc's; more seconds than anybody waits.
_MOST_SECONDS = 2**32 - 1
# What stands beside the fields is a property of the user's own.
_FIELDS = frozenset(
    {
        "Url",
        "URL",
        "Username",
        "Password",
        "HttpHeaders",
        "CertificateFile",
        "CertificateKeyFile",
        "CertificateKeyPassword",
        "Pkcs11",
        "Timeout",
        "Protocol",
        "SenderUsername",
    }
)


def _checked(headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value.get_secret_value()):
            raise ValueError("HttpHeaders: not a header of HTTP")
        if name.lower() in _OURS:
            raise ValueError(f"HttpHeaders: {name} is set by Axial itself")
    return headers


class Peer(BaseModel):
    """Somebody who takes instances over HTTP: where it is, and how it knows us. Secrets are shown to nobody."""

    model_config = ConfigDict(
        frozen=True, populate_by_name=True, strict=True, hide_input_in_errors=True
    )

    #: Ends with a slash, and names no user.
    url: str = Field(alias="Url")
    username: str = Field("", alias="Username")
    password: SecretStr = Field(SecretStr(""), alias="Password")
    http_headers: Annotated[Mapping[str, SecretStr], AfterValidator(_checked)] = Field(
        default_factory=dict, alias="HttpHeaders"
    )
    certificate_file: Annotated[BesidePath | None, Field(strict=False)] = Field(
        None, alias="CertificateFile"
    )
    certificate_key_file: Annotated[BesidePath | None, Field(strict=False)] = Field(
        None, alias="CertificateKeyFile"
    )
    certificate_key_password: SecretStr = Field(SecretStr(""), alias="CertificateKeyPassword")
    #: How long it may take to go on, in seconds; 0 for `HttpTimeout`.
    timeout: int = Field(0, alias="Timeout", ge=0, le=_MOST_SECONDS)
    protocol: PeerProtocol = Field("Orthanc", alias="Protocol")
    #: The user as whom it sends to us; empty when its address tells it from others.
    sender_username: str = Field("", alias="SenderUsername")
    #: What users have written beside, as texts.
    properties: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _any_form(cls, value: object) -> object:
        """Read `[URL]`, `[URL, user name, password]` or an object of fields."""
        match value:
            case Peer():
                return value
            case Mapping():
                return _from_object(value)
            case [str() as url]:
                return _from_object({"Url": url})
            case [str() as url, str() as username, str() as password]:
                return _from_object({"Url": url, "Username": username, "Password": password})
        raise ValueError("must be [URL], [URL, user name, password] or an object")

    @field_validator("url")
    @classmethod
    def _with_slash(cls, url: str) -> str:
        url = url if "://" in url else f"http://{url}"
        parts = _split(url)
        if not _URL.fullmatch(url) or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(_NO_URL)
        if parts.query or parts.fragment:
            raise ValueError("Url: must end with a path")
        return url if url.endswith("/") else f"{url}/"

    @model_validator(mode="after")
    def _whole(self) -> "Peer":
        if self.password.get_secret_value() and not self.username:
            raise ValueError("Password: there is no Username beside it")
        if ":" in self.username:
            raise ValueError("Username: must not contain a colon")
        return self

    def written(self) -> dict[str, Any]:
        """Write the peer down with its secrets, for our own database alone."""
        fields: dict[str, Any] = {
            **self.properties,
            "Url": self.url,
            "HttpHeaders": {name: v.get_secret_value() for name, v in self.http_headers.items()},
            "Timeout": self.timeout,
            "Protocol": self.protocol,
            "SenderUsername": self.sender_username,
        }
        if self.username:
            fields |= {"Username": self.username, "Password": self.password.get_secret_value()}
        if self.certificate_file is not None:
            fields["CertificateFile"] = str(self.certificate_file)
            fields["CertificateKeyPassword"] = self.certificate_key_password.get_secret_value()
        if self.certificate_key_file is not None:
            fields["CertificateKeyFile"] = str(self.certificate_key_file)
        return fields


def _from_object(value: Mapping[str, Any]) -> dict[str, Any]:
    """Tell fields from properties, and a user in the URL from the URL."""
    if value.get("Pkcs11", False) is not False:
        raise ValueError("Pkcs11: keys on security tokens are not offered by Axial, only in files")
    fields = {
        name: given
        for name, given in value.items()
        if name in _FIELDS and name not in {"URL", "Pkcs11"}
    }
    fields["Url"] = value.get("Url") or value.get("URL", "")
    if fields.get("CertificateKeyFile") == "":
        del fields["CertificateKeyFile"]
    if fields.get("CertificateFile", "") == "":
        # A key of nothing means nothing, as in Orthanc.
        for name in ("CertificateFile", "CertificateKeyFile", "CertificateKeyPassword"):
            fields.pop(name, None)
    if isinstance(fields["Url"], str):
        fields |= _user_of(fields)
    fields["properties"] = {
        name: _property(name, given) for name, given in value.items() if name not in _FIELDS
    }
    return fields


def _user_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Take the user out of the URL, which is shown to everybody."""
    url = fields["Url"]
    parts = _split(url if "://" in url else f"http://{url}")
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return {}
    without = {"Url": urlunsplit(parts._replace(netloc=host))}
    if fields.get("Username"):
        return without
    name, _, password = user.partition(":")
    return {**without, "Username": unquote(name), "Password": unquote(password)}


def _split(url: str) -> SplitResult:
    """Take a URL apart; what is wrong with it is not quoted, as it may be a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(_NO_URL) from None
    if port == 0:
        raise ValueError(_NO_URL)
    return parts


def _property(name: str, given: object) -> str:
    match given:
        case str():
            return given
        case bool():
            return "1" if given else "0"
        case int():
            return str(given)
    raise ValueError(f"{name}: a property of one's own must be a text")
