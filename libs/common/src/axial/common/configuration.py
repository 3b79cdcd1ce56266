"""Behaviour, by Orthanc's own option names."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from axial.common.configuration_values import (
    BesidePath,
    HttpProxy,
    Password,
    Patterns,
    UserContent,
    UserName,
    UserNumber,
    UserRole,
    check_transfer_syntax,
    only_registered,
    read_encoding,
    read_overwrite_mode,
    read_user_contents,
)
from axial.common.dictionary import Attribute
from axial.common.dictionary_option import read_dictionary
from axial.common.encodings import ENCODINGS
from axial.common.events import OverwriteMode
from axial.common.modalities import AETitle, Modality
from axial.common.peers import Peer
from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN


class BadConfiguration(Exception):
    """The configuration cannot be used; the message is one line that says why."""


class RouterOptions(BaseModel):
    """The options of section `Router`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: By name, as the router understands them.
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict, alias="Rules")


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
    dicom_modalities_in_database: bool = Field(
        False,
        alias="DicomModalitiesInDatabase",
        description="Whether `DicomModalities` means nothing: all modalities are those that were `PUT`.",
    )
    dicom_check_modality_host: bool = Field(
        False,
        alias="DicomCheckModalityHost",
        description="A modality is one of `DicomModalities` only when it connects from its `Host`, an IP address.",
    )
    dicom_default_retrieve_method: Literal["C-MOVE", "C-GET"] = Field(
        "C-MOVE",
        alias="DicomDefaultRetrieveMethod",
        description="How answers to queries are retrieved, unless the request or the modality's `RetrieveMethod` says"
        " so itself: `C-MOVE` or `C-GET`.",
    )
    query_retrieve_size: int = Field(
        100,
        alias="QueryRetrieveSize",
        ge=1,
        description="How many queries are kept; those that were not used for longest are forgotten first.",
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
    dicom_association_close_delay: int = Field(
        5,
        alias="DicomAssociationCloseDelay",
        ge=0,
        description="How many seconds an association with a modality is kept for what is sent next; 0 for not at all.",
    )
    dicom_echo_checks_find: bool = Field(
        False,
        alias="DicomEchoChecksFind",
        description="Whether `/modalities/{id}/echo` also asks a C-FIND, unless the request says so itself.",
    )
    synchronous_c_move: bool = Field(
        True,
        alias="SynchronousCMove",
        description="Tell who asks for a C-MOVE of each instance while it is sent, rather than of success at once.",
    )
    transcode_dicom_protocol: bool = Field(
        True,
        alias="TranscodeDicomProtocol",
        description="Send decompressed what a modality does not take as it is, unless its `AllowTranscoding` is"
        " false.",
    )
    dicom_scu_preferred_transfer_syntax: Annotated[str, AfterValidator(check_transfer_syntax)] = (
        Field(
            EXPLICIT_VR_LITTLE_ENDIAN,
            alias="DicomScuPreferredTransferSyntax",
            description="In which transfer syntax a modality is sent what it does not take as it is, if it takes that"
            " one; else uncompressed. In a lossy one an instance arrives as another, with a UID of its own.",
        )
    )
    dicom_lossy_transcoding_quality: int = Field(
        90,
        alias="DicomLossyTranscodingQuality",
        ge=1,
        le=100,
        description="How good instances are that are written in a lossy transfer syntax, unless the request says.",
    )
    storage_commitment_reports_size: int = Field(
        100,
        alias="StorageCommitmentReportsSize",
        ge=0,
        description="How many reports of storage commitment are kept; 0 for all. The one that was not looked at for"
        " longest is forgotten first.",
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
    orthanc_peers: dict[str, Peer] = Field(
        default_factory=dict,
        alias="OrthancPeers",
        description="Peers by name: `[URL]`, `[URL, user name, password]`, or an object with `Url`, `Username`,"
        " `Password`, `HttpHeaders`, `CertificateFile`, `CertificateKeyFile`, `CertificateKeyPassword`, `Timeout`,"
        " and properties of one's own. Axial's are `SenderUsername`, the registered user as whom the peer sends to us,"
        ' by whom rules know what came from there; and `"Protocol": "DICOMweb"` for a server that takes instances by'
        " STOW-RS below its `Url`.",
    )
    orthanc_peers_in_database: bool = Field(
        False,
        alias="OrthancPeersInDatabase",
        description="Whether `OrthancPeers` is ignored; what `/peers` is told is kept in either case.",
    )
    http_timeout: int = Field(
        60,
        alias="HttpTimeout",
        ge=0,
        description="How many seconds a peer may take to be reached, to take more of what we send it, or to answer; 0"
        " for 60. `Timeout` of a peer overrules it.",
    )
    https_verify_peers: bool = Field(
        True,
        alias="HttpsVerifyPeers",
        description="Whether a peer over HTTPS must have a certificate that is trusted, of its own name.",
    )
    https_ca_certificates: BesidePath | None = Field(
        None,
        alias="HttpsCACertificates",
        description="File of the certificates by which peers over HTTPS are trusted, in PEM; those of the system"
        " unless set.",
    )
    http_proxy: HttpProxy | None = Field(
        None,
        alias="HttpProxy",
        description="The HTTP proxy by which peers are reached: `[user:password@]host[:port]`.",
    )
    http_port: int = Field(8042, alias="HttpPort", ge=1, le=65535, description="The HTTP port.")
    http_compression_enabled: bool = Field(
        False,
        alias="HttpCompressionEnabled",
        description="Send JSON compressed to whoever accepts gzip.",
    )
    ssl_enabled: bool = Field(
        False,
        alias="SslEnabled",
        description="Whether `axial up` speaks HTTPS; of an edge that is started otherwise, its own settings say so.",
    )
    ssl_certificate: BesidePath | None = Field(
        None,
        alias="SslCertificate",
        description="File of the certificate for HTTPS with its private key, in PEM; from the configuration file's"
        " folder.",
    )
    ssl_minimum_protocol_version: int = Field(
        4,
        alias="SslMinimumProtocolVersion",
        ge=0,
        le=5,
        description="5 for TLS 1.3; else TLS 1.2, as older versions are not spoken (RFC 8996).",
    )
    ssl_verify_peers: bool = Field(
        False,
        alias="SslVerifyPeers",
        description="Whether HTTPS clients must have a certificate that is trusted, users or not.",
    )
    ssl_trusted_client_certificates: BesidePath | None = Field(
        None,
        alias="SslTrustedClientCertificates",
        description="File of the certificates by which HTTPS clients are trusted, in PEM.",
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
    user_roles: Annotated[dict[str, UserRole], AfterValidator(only_registered)] = Field(
        default_factory=dict,
        alias="UserRoles",
        description="What registered users may do: `feed` (read the feeds, and the named consumer of the user's own"
        " name), `read`, `write`, or `admin`, as everybody who is not named here (Axial's own).",
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
    maximum_storage_size: int = Field(
        0,
        alias="MaximumStorageSize",
        ge=0,
        description="How many MiB all files together may take as they are kept; 0 for no limit.",
    )
    maximum_patient_count: int = Field(
        0,
        alias="MaximumPatientCount",
        ge=0,
        description="How many patients there may be; 0 for no limit.",
    )
    maximum_storage_mode: Literal["Recycle", "Reject"] = Field(
        "Recycle",
        alias="MaximumStorageMode",
        description="When a limit would be exceeded: Recycle lets the patients go that were the newest the longest ago"
        " and are not protected, Reject refuses the instance (507, A700).",
    )
    deletion_grace: int = Field(
        0,
        alias="DeletionGrace",
        ge=0,
        # Some 30 years: what is to stay for ever is not deleted.
        le=1_000_000_000,
        description="How many seconds what somebody deletes stands in `/trash`, from where it can come back, before its"
        " files are removed; 0 for not at all (Axial's own).",
    )
    storage_compression: bool = Field(
        False,
        alias="StorageCompression",
        description="Keep what comes in compressed, if that makes it smaller; whoever reads it does not notice.",
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
    concurrent_jobs: int = Field(
        2,
        alias="ConcurrentJobs",
        ge=0,
        description="How many jobs each replica of the router does at once; 0 for as many as it has processors.",
    )
    jobs_history_size: int = Field(
        10,
        alias="JobsHistorySize",
        ge=0,
        description="How many jobs that have ended `/jobs` shows; older ones are forgotten, with what they made.",
    )
    save_jobs: bool = Field(
        True,
        alias="SaveJobs",
        description="Whether jobs outlive the router; if not, they are forgotten once all its replicas have stopped.",
    )
    media_archive_size: int | None = Field(
        None,
        alias="MediaArchiveSize",
        ge=1,
        description="How many of the archives and media that jobs made are kept; the one that was not fetched for"
        " longest is deleted first. All that `/jobs` shows unless given.",
    )
    log_exported_resources: bool = Field(
        False,
        alias="LogExportedResources",
        description="Whether `/exports` tells what was sent to modalities and peers.",
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
    router: RouterOptions = Field(
        RouterOptions(),
        alias="Router",
        description="Section of what is Axial's own about sending: `Rules`, the routing rules by name, which"
        " `/router/rules` shows beside those that were `PUT` there (Axial's own).",
    )

    #: Options that were given and mean nothing to Axial; logged at start.
    unknown: tuple[str, ...] = Field((), exclude=True)

    @property
    def authentication_required(self) -> bool:
        """Whether a request must carry credentials."""
        if self.authentication_enabled is None:
            return bool(self.registered_users)
        return self.authentication_enabled
