"""The DICOM conformance statement (PS3.2), as text: what holds of this version, and nothing else."""

import re
from collections.abc import Iterable

from pydicom.charset import python_encoding

from axial.common.configuration import Configuration
from axial.common.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from axial.common.runtime.catalogue import STORAGE_SOP_CLASSES, name_of
from axial.common.runtime.settings import RuntimeSettings
from axial.common.sop_classes import (
    FIND_CLASSES,
    GET_CLASSES,
    MOVE_CLASSES,
    STORAGE_COMMITMENT,
    VERIFICATION,
)
from axial.index.archives.record_types import record_type

DECODED_TRANSFER_SYNTAXES = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",
    "1.2.840.10008.1.2.5",
)
"""Those of which there are pictures."""

_MESSAGE_CLASSES = (
    VERIFICATION,
    *FIND_CLASSES,
    *MOVE_CLASSES,
    *GET_CLASSES,
    STORAGE_COMMITMENT,
)

# What decides about an association; paths of files and whom we know are nobody else's.
_OPTIONS = frozenset(
    {
        "dicom_check_called_aet",
        "strict_aet_comparison",
        "dicom_check_modality_host",
        "dicom_always_allow_echo",
        "dicom_always_allow_store",
        "dicom_always_allow_find",
        "dicom_always_allow_get",
        "dicom_always_allow_move",
        "dicom_scp_timeout",
        "maximum_pdu_length",
        "synchronous_c_move",
        "limit_find_results",
        "limit_find_instances",
        "dicom_tls_enabled",
        "dicom_tls_remote_certificate_required",
        "dicom_tls_minimum_protocol_version",
    }
)

_STATUSES = (
    ("all", "0122 not on this context, 0124 not allowed, 0211 no such request"),
    ("C-ECHO", "0000"),
    ("C-STORE", "0000 kept for good; A700 full or away, try later;"),
    ("", "A900 not what the request calls it; C000 no DICOM instance"),
    ("C-FIND", "FF00, FF01 one match; 0000 all told; FE00 cancelled;"),
    ("", "A700 away, try later; A900 no such level or model; C000 cannot be read"),
    ("C-MOVE", "FF00 one more done; 0000 all sent; B000 some not; A702 none sent;"),
    ("C-GET", "FE00 cancelled; A701 away, try later; A900, C000 as above;"),
    ("", "A801 (C-MOVE) destination unknown"),
    ("N-ACTION", "0000 will be reported; 0110 away, or sender unknown; 0112, 0118, 0123 no such"),
    ("", "instance, class, action; 0115 cannot be read"),
    ("N-EVENT-REPORT", "0000 kept; 0110 away; 0112, 0113, 0118 no such instance, event, class;"),
    ("", "0115 cannot be read, or not asked for"),
)

# pydicom knows misspelt ones, too.
_TERM = re.compile(r"ISO_IR \d+|ISO 2022 IR \d+|GB18030|GBK")


def statement(configuration: Configuration, settings: RuntimeSettings, version: str) -> str:
    """Write the statement of a server as it is set now."""
    record_types = sorted({record_type(uid).name for uid in STORAGE_SOP_CLASSES})
    character_sets = sorted(term for term in python_encoding if _TERM.fullmatch(term))
    return "\n".join(
        [
            *_title(f"DICOM Conformance Statement of Axial {version}"),
            *_network(configuration, settings),
            *_section(
                "DICOM files (PS3.10)",
                "Axial takes files in by HTTP (POST /instances) as well, and hands them out by HTTP as they came.",
                "SOP classes by HTTP: all, those of the standard and private ones.",
                "Transfer syntaxes by HTTP: all, those of the standard and private ones.",
                "Files without preamble and file meta information are taken in, too.",
                "Needed: Study Instance UID (0020,000d), Series Instance UID (0020,000e),",
                "SOP Instance UID (0008,0018). A missing Patient ID (0010,0020) counts as an empty one.",
            ),
            *_section(
                "Media (PS3.10)",
                "Axial creates file-sets with a DICOMDIR, as File-set Creator, in a ZIP archive:",
                "GET /studies/{id}/media.",
                "The files are as they came, whatever their transfer syntax; no application profile is claimed.",
                "Directory records, below PATIENT, STUDY and SERIES, by SOP class:",
                "",
                *(f"  {name}" for name in record_types),
            ),
            *_section(
                "Pictures",
                "Frames are decoded in these transfer syntaxes:",
                "",
                *_table((name_of(uid), uid) for uid in DECODED_TRANSFER_SYNTAXES),
            ),
            *_section(
                "Character sets",
                f"Of files that name none (DefaultEncoding): {settings.default_encoding}",
                "Specific Character Set (0008,0005) may be one of these, alone or with code extensions:",
                "",
                *(f"  {term}" for term in character_sets),
            ),
        ]
    )


def _network(configuration: Configuration, settings: RuntimeSettings) -> list[str]:
    """Say what is done on associations (PS3.2, the section on networking)."""
    if not configuration.dicom_server_enabled:
        return _section("Network", "DICOM is not spoken: DicomServerEnabled is false.")
    return [
        *_section(
            "Network: services as provider (SCP)",
            f"AE title: {configuration.dicom_aet}",
            f"Port: {configuration.dicom_port}",
            f"Implementation class UID: {IMPLEMENTATION_CLASS_UID}",
            f"Implementation version name: {IMPLEMENTATION_VERSION_NAME}",
            "",
            *_table((name_of(uid), uid) for uid in _MESSAGE_CLASSES),
            "",
            "Their identifiers may be encoded in Explicit VR Little Endian, which is preferred, Implicit VR",
            "Little Endian, Deflated Explicit VR Little Endian or Explicit VR Big Endian.",
            "There is no Modality Worklist or MPPS.",
            "Storage commitment is for modalities with AllowNAction: an instance is committed when it is here",
            "with its SOP class, and its file was read whole and unchanged. Failure reasons: 0112, 0119, 0110;",
            "0131 for all when another request of this Transaction UID is not answered yet. The report comes",
            "on an association with the modality, in the SCP role; one that is away is tried again for two",
            "minutes.",
        ),
        *_section(
            "Network: services as user (SCU)",
            "The modalities are those of DicomModalities and of PUT /modalities/{id}.",
            "Verification: asked for by HTTP.",
            "Storage, asked for by HTTP or to carry out a C-MOVE: on an association with the destination, which",
            "is a modality. To carry out a C-GET: on the association of the peer that asks, in the SCP role",
            "that it has negotiated, or in any when it has negotiated none. An instance is sent in its own",
            "transfer syntax where that is accepted, otherwise in that of DicomScuPreferredTransferSyntax",
            "(but for C-GET), Explicit VR Little Endian, Implicit VR Little Endian or Explicit VR Big Endian, in",
            "this order. Where the option TranscodeDicomProtocol or the modality's AllowTranscoding is false,",
            "only what is uncompressed is written otherwise, in the last three. In a lossy transfer syntax an",
            "instance becomes another one, with a new SOP Instance UID. C-MOVE and C-GET take",
            "lists of unique keys at their level and above; a study also goes by its Accession Number.",
            "Statuses: 0000, Bxxx, 0001, 0107, 0111 and 0116 count as stored; A9xx, 0105, 0106, 0112, 0115,",
            "0117 to 0122, 0124, 0211 and 0212 as refused; A7xx and 0213 as out of reach; others as failed.",
            "Study Root C-FIND: to ask whether an instance is there whose C-STORE was not answered.",
            "Queries, asked for by HTTP: C-FIND, in the Patient Root model for patients, in Study Root for all",
            "below, and for worklists. Retrieval, asked for by HTTP: C-MOVE, and C-GET with the SCP role for",
            "storage; Patient Root for patients where it is offered, else Study Root. Identifiers are in the",
            "character set that DefaultEncoding names, or in UTF-8 where they do not fit it; answers are read",
            "in theirs. B000 without failed sub-operations counts as success, any other status as failure.",
            "Storage commitment, asked for by HTTP: reports are taken from modalities with AllowEventReport,",
            "on an association of theirs, or for DicomAssociationCloseDelay seconds on that of the request.",
            "There are no attributes beyond the Transaction UID and the sequences of instances, either way.",
        ),
        *_section(
            "Network: associations",
            "Application context: 1.2.840.10008.3.1.1.1",
            "Peers are accepted by AE title and address, and each service is allowed to them, by",
            "DicomModalities and the options below. An association is refused because of its called or its",
            "calling AE title, while the gateway stops, and while it has as many as it can take.",
            "What a peer may not ask for is not accepted as presentation context. Of transfer syntaxes for an",
            "instance, the first proposed that is accepted is chosen. Extended negotiation and asynchronous",
            "operations are not supported; role selection is, for C-GET and storage commitment.",
            "",
            *(
                f"  {field.alias}: {_shown(getattr(configuration, name))}"
                for name, field in Configuration.model_fields.items()
                if name in _OPTIONS
            ),
        ),
        *_section(
            "Network: statuses",
            *(f"  {service:14} {statuses}" for service, statuses in _STATUSES),
        ),
        *_section(
            "Storage: transfer syntaxes",
            "Instances are kept as they were sent, byte for byte.",
            "",
            *_table((name_of(uid), uid) for uid in settings.accepted_transfer_syntaxes),
        ),
        *_section(
            "Storage: SOP classes",
            "Level 2 (full): all attributes are kept.",
            "Classes unknown to the standard: "
            + ("accepted." if settings.unknown_sop_class_accepted else "not accepted."),
            "",
            *_table((name_of(uid), uid) for uid in settings.accepted_sop_classes),
        ),
        *_section(
            "Security",
            "TLS 1.2 and 1.3, by the profile of BCP 195 (PS3.15 annex B.9), with certificates of peers, by option.",
        ),
    ]


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _title(text: str) -> list[str]:
    return ["=" * len(text), text, "=" * len(text), ""]


def _section(title: str, *lines: str) -> list[str]:
    return ["", "-" * len(title), title, "-" * len(title), "", *lines, ""]


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    rows = list(rows)
    if not rows:
        return ["  None."]
    width = max(len(name) for name, _ in rows)
    return [f"  {name:{width}} | {uid}" for name, uid in rows]
