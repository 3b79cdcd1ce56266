"""Behaviour, by Orthanc's own option names."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from axial.common.configuration_values import (
    BesidePath,
    Password,
    Patterns,
    UserContent,
    UserName,
    UserNumber,
    read_encoding,
    read_overwrite_mode,
    read_user_contents,
)
from axial.common.dictionary import Attribute
from axial.common.dictionary_option import read_dictionary
from axial.common.encodings import ENCODINGS
from axial.common.events import OverwriteMode
from axial.common.modalities import AETitle, Modality


class BadConfiguration(Exception):
    """The configuration cannot be used; the message is one line that says why."""


class Configuration(BaseModel):
    """The options Axial honours, by Orthanc's names; `unknown` lists those it does not."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    name: str = Field("Axial", alias="Name", description="Shown by /system.")
    dicom_server_enabled: bool = Field(
        True, alias="DicomServerEnabled", description="Whether DICOM is spoken at all."
    )
    dicom_aet: AETitle = Field("AXIAL", alias="DicomAet", description="Our AE title.")
    dicom_port: int = Field(4242, alias="DicomPort", ge=1, le=65535, description="The DICOM port.")
    dicom_check_called_aet: bool = Field(
        False,
        alias="DicomCheckCalledAet",
        description="Refuse associations that call another AE title than ours.",
    )
    strict_aet_comparison: bool = Field(
        False,
        alias="StrictAetComparison",
        description="Whether case matters in AE titles.",
    )
    dicom_modalities: dict[str, Modality] = Field(
        default_factory=dict,
        alias="DicomModalities",
        description="Remote modalities by name: `[AE title, host, port]`, `[…, manufacturer]`, or an object with"
        " `AET`, `Host`, `Port`, `Manufacturer`, `AllowEcho`, `AllowFind`, `AllowFindWorklist`, `AllowGet`,"
        " `AllowMove`, `AllowStore`, `AllowStorageCommitment`, `AllowTranscoding`, `UseDicomTls`, `LocalAet`,"
        " `Timeout`, `RetrieveMethod`.",
    )
    dicom_check_modality_host: bool = Field(
        False,
        alias="DicomCheckModalityHost",
        description="A modality is one of `DicomModalities` only when it connects from its `Host`, an IP address.",
    )
    dicom_always_allow_echo: bool = Field(
        True, alias="DicomAlwaysAllowEcho", description="Anybody may C-ECHO."
    )
    dicom_always_allow_store: bool = Field(
        True, alias="DicomAlwaysAllowStore", description="Anybody may C-STORE."
    )
    dicom_always_allow_find: bool = Field(
        False, alias="DicomAlwaysAllowFind", description="Anybody may C-FIND."
    )
    dicom_always_allow_get: bool = Field(
        False, alias="DicomAlwaysAllowGet", description="Anybody may C-GET."
    )
    dicom_always_allow_move: bool = Field(
        False, alias="DicomAlwaysAllowMove", description="Anybody may C-MOVE."
    )
    dicom_scp_timeout: int = Field(
        30,
        alias="DicomScpTimeout",
        ge=0,
        description="An association on which the peer is silent for this many seconds, with nothing in hand for it,"
        " is aborted; 0 for never.",
    )
    dicom_scu_timeout: int = Field(
        10,
        alias="DicomScuTimeout",
        ge=0,
        description="How many seconds a modality may take to accept, to take in or to answer what we send it; 0 for"
        " ever. `Timeout` of a modality overrules it.",
    )
    synchronous_c_move: bool = Field(
        True,
        alias="SynchronousCMove",
        description="Tell who asks for a C-MOVE of each instance while it is sent, rather than of success at once.",
    )
    maximum_pdu_length: int = Field(
        16384,
        alias="MaximumPduLength",
        ge=4096,
        le=131072,
        description="The longest PDU that we take, in bytes.",
    )
    dicom_tls_enabled: bool = Field(
        False, alias="DicomTlsEnabled", description="Whether peers must speak DICOM over TLS."
    )
    dicom_tls_certificate: BesidePath | None = Field(
        None,
        alias="DicomTlsCertificate",
        description="File of our certificate, in PEM; from the configuration file's folder, as the next two.",
    )
    dicom_tls_private_key: BesidePath | None = Field(
        None, alias="DicomTlsPrivateKey", description="File of its private key, in PEM."
    )
    dicom_tls_trusted_certificates: BesidePath | None = Field(
        None,
        alias="DicomTlsTrustedCertificates",
        description="File of the certificates by which peers are trusted, in PEM.",
    )
    dicom_tls_remote_certificate_required: bool = Field(
        True,
        alias="DicomTlsRemoteCertificateRequired",
        description="Whether a peer must have a certificate that is trusted.",
    )
    dicom_tls_minimum_protocol_version: int = Field(
        0,
        alias="DicomTlsMinimumProtocolVersion",
        ge=0,
        le=5,
        description="5 for TLS 1.3; else TLS 1.2, as older versions are not spoken (RFC 8996).",
    )
    dicom_tls_ciphers_accepted: tuple[str, ...] = Field(
        (),
        alias="DicomTlsCiphersAccepted",
        description="Cipher suites, by OpenSSL's names, when DicomTlsMinimumProtocolVersion is not 0; those of"
        " TLS 1.3 cannot be chosen among.",
    )
    http_port: int = Field(8042, alias="HttpPort", ge=1, le=65535, description="The HTTP port.")
    http_compression_enabled: bool = Field(
        False,
        alias="HttpCompressionEnabled",
        description="Send JSON compressed to whoever accepts gzip.",
    )
    remote_access_allowed: bool = Field(
        False,
        alias="RemoteAccessAllowed",
        description="Listen beyond loopback, for HTTP and for DICOM; users are then required.",
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
    overwrite_instances: Annotated[OverwriteMode, BeforeValidator(read_overwrite_mode)] = Field(
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
    user_content_type: Annotated[
        dict[UserName, UserContent], BeforeValidator(read_user_contents)
    ] = Field(
        default_factory=dict,
        alias="UserContentType",
        description="Names of users' attachments, each with a number from 1024 to 65535, alone or as"
        " `[number, MIME type]`.",
    )
    check_revisions: bool = Field(
        False,
        alias="CheckRevisions",
        description="Refuse to change a metadata or an attachment without naming its revision.",
    )
    default_encoding: Annotated[str, BeforeValidator(read_encoding)] = Field(
        "Latin1",
        alias="DefaultEncoding",
        description="The character set of files that name none: " + ", ".join(ENCODINGS) + ".",
    )
    dictionary: Annotated[tuple[Attribute, ...], BeforeValidator(read_dictionary)] = Field(
        (),
        alias="Dictionary",
        description="Names of attributes that are not in the standard, by tag:"
        " `[VR, name, least and most values, private creator]`.",
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
    accepted_transfer_syntaxes: Patterns = Field(
        ("1.2.840.10008.1.*",),
        alias="AcceptedTransferSyntaxes",
        description="Transfer syntaxes that a C-STORE may use: UIDs, with the wildcards `*` and `?`; until"
        " `/tools/accepted-transfer-syntaxes` says otherwise.",
    )
    accepted_sop_classes: Patterns = Field(
        (),
        alias="AcceptedSopClasses",
        description="SOP classes that a C-STORE may bring: UIDs, with the wildcards `*` and `?`; all of the"
        " standard's storage classes when empty.",
    )
    rejected_sop_classes: Patterns = Field(
        (),
        alias="RejectedSopClasses",
        description="SOP classes that a C-STORE may not bring even so.",
    )
    unknown_sop_class_accepted: bool = Field(
        False,
        alias="UnknownSopClassAccepted",
        description="Whether a C-STORE may bring SOP classes that the standard does not know; until"
        " `/tools/unknown-sop-class-accepted` says otherwise.",
    )
    metrics_enabled: bool = Field(
        True,
        alias="MetricsEnabled",
        description="Whether `/tools/metrics-prometheus` tells anything; until `/tools/metrics` says otherwise.",
    )
    zip_use_utf8: bool = Field(
        False,
        alias="ZipUseUtf8",
        description="Letters beyond ASCII in the names of an archive's folders, unless a request says otherwise.",
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
