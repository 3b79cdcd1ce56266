"""The differences that may be: those of Debian's older Orthanc, and those that the documents tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from support.side_by_side.comparing import ABSENT

# A whole error, where the other answered something else or nothing.
_PROBLEM = r"body\.(HttpError|HttpStatus|Message|Method|OrthancError|OrthancStatus|Uri|Details)"
# What differs when the same is refused for another reason.
_REASON = r"body\.(HttpError|HttpStatus|Message|OrthancError|OrthancStatus)"
_NEW_MAIN_TAGS = (
    r"TimezoneOffsetFromUTC|0008,0201(\..*)?"
    r"|PerformedProcedureStepStart(Date|Time)|0040,024[45](\..*)?"
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A difference in some fields of the answers to some requests."""

    #: Regular expressions: of the whole name of a field, and of a part of a request's name.
    fields: str
    requests: str = ""
    #: Only what they do not have, when it is not None.
    theirs: object = None

    def covers(self, request: str, field: str, theirs: object) -> bool:
        """Whether this is the difference meant."""
        return (
            self.theirs in (None, theirs)
            and re.search(self.requests, request) is not None
            and re.fullmatch(self.fields, field) is not None
        )


#: Debian's Orthanc is 1.10.1, the contract is 1.12.11: what came or changed between them, and what Debian left out.
SINCE_1_10_1: Mapping[str, tuple[Allowed, ...]] = {
    "labels came with 1.12.0": (Allowed(r"body.*\.Labels", theirs=ABSENT),),
    "patients tell their protection since 1.12": (Allowed(r"body.*\.IsProtected", theirs=ABSENT),),
    "more main tags since 1.11": (
        Allowed(rf"body.*\.MainDicomTags\.({_NEW_MAIN_TAGS})", theirs=ABSENT),
        Allowed(rf"body.*\.({_NEW_MAIN_TAGS})", "/modalities/far/find", theirs=ABSENT),
    ),
    "more metadata since 1.11": (
        Allowed(r"body(\.length|[.\[](MainDicomTagsSignature|PixelDataVR)\]?)", "GET .*/metadata"),
    ),
    "errors have a type since 1.12": (Allowed("header content-type", theirs=ABSENT),),
    "/changes tells its first number since 1.12.5": (
        Allowed(r"body\.First", "GET /changes", theirs=ABSENT),
    ),
    "/changes keeps its last number when it is emptied": (
        Allowed(r"body\.Last", r"deleting: GET /changes\?limit=100"),
    ),
    "since and limit may stand alone since 1.12": (
        Allowed(r"status|body.*", r"GET /patients\?(limit|since)=2$"),
    ),
    "its SQLite keeps no revisions": (Allowed("header etag", "metadata/1024|attachments/my-file"),),
    "JPEG 2000 is a plugin's": (Allowed("status|magic|header .*", "{lossless}/preview"),),
    "slashes are spaces in an archive's names since 1.12.11": (
        Allowed(r"member \d+", "{cr1.patient}/archive|{ct1.series}/archive"),
    ),
    "ranges since 1.12.5": (
        Allowed("header accept-ranges", "/data|/file|/compressed-data", theirs=ABSENT),
    ),
    "ModalitiesInStudy is not only read but made since 1.11": (
        Allowed(r"body.*", '"Level": "Series", "Query": {"ModalitiesInStudy"', theirs=ABSENT),
        Allowed(r"body\.length", '"Level": "Series", "Query": {"ModalitiesInStudy"'),
    ),
    "fewer transfer syntaxes": (
        Allowed(r"body\.length", "/tools/accepted-transfer-syntaxes"),
        Allowed(r"body\[.*", "/tools/accepted-transfer-syntaxes", theirs=ABSENT),
    ),
    "modalities have a way to retrieve since 1.12.7": (
        Allowed(r"body.*RetrieveMethod", "GET /modalities", theirs=ABSENT),
        Allowed(r"body\[get\]", "GET /modalities/long", theirs=ABSENT),
        Allowed(r"body\.length", "GET /modalities/long"),
    ),
    "expand may be false since 1.12": (Allowed(r"body.*", r"expand=(false|0)$"),),
    "jobs name their resources since 1.12": (
        Allowed(r"body(\.Content)?\.Resources\[.*", "/store |GET /jobs", theirs=ABSENT),
    ),
    "jobs have user data since 1.12": (Allowed(r"body\.UserData.*", "GET /jobs", theirs=ABSENT),),
    "what jobs have made can be deleted since 1.12": (
        Allowed("header allow|status", "(PUT|DELETE) /jobs/nothing/pause"),
    ),
    "retrievals tell where to and how they went since 1.12": (
        Allowed(
            r"body(\.Content)?\.(TargetAet|Details.*|Query.*\.0008,0018)|body\.ErrorPayload\..*",
            "/retrieve |GET /jobs/{(un)?moved}",
            theirs=ABSENT,
        ),
    ),
    "what is moved by its names is by a job since 1.11": (
        Allowed(r"body.*|status", r"/move .*\(a job\)"),
    ),
    "a modality's own LocalAet is told since 1.12": (
        Allowed(r"body\.LocalAet", "POST /modalities/long/store"),
    ),
    "its own /system": (
        Allowed(r"body\.(ApiVersion|Version|DicomAet|DicomPort|HttpPort)", "GET /system"),
        Allowed(
            r"body\.(Capabilities\..*|MaximumPatientCount|MaximumStorage.*|OverwriteInstances"
            r"|StorageCompression|UserMetadata.*|DatabaseServerIdentifier|DicomDefault.*|HasLabels"
            r"|IngestTranscoding|MainDicomTags\..*|PatientLevelEnabled|ReadOnly)",
            "GET /system",
            theirs=ABSENT,
        ),
    ),
}

#: What Axial does otherwise than any Orthanc, by the name of the note in docs/compatibility_notes.py.
NOTED: Mapping[str, tuple[Allowed, ...]] = {
    "details": (Allowed(r"body\.(Error)?Details"),),
    "told-errors": (
        Allowed(_PROBLEM, theirs=ABSENT),
        Allowed("header etag", "no revision"),
    ),
    "callers-fault": (
        Allowed(rf"status|{_REASON}", r"no gzip|\"Query\": \[\]|\"Expand\": \"yes\""),
        Allowed(
            rf"status|{_REASON}", r"query-studies \[\]|\"PatientID\": \[\]|retrieve (true|\[\])$"
        ),
        Allowed("status", r"PUT /peers/none \(empty\)"),
    ),
    "unknown-tag": (
        Allowed(r"status|body\.(HttpError|HttpStatus)", "NoSuchTag|ignore-length=nothing"),
        Allowed(r"status|body\.(HttpError|HttpStatus)", "/find.*Nope"),
    ),
    "negative-limit": (Allowed(r"status|header content-type|body.*", "limit=-1"),),
    "unknown-patient": (Allowed(rf"status|{_REASON}", "/protected"),),
    "another-level": (Allowed(rf"status|{_REASON}", "GET /series/{small}/instances"),),
    "not-acceptable": (Allowed("status", "text/html"),),
    "watermark": (Allowed("header x-changes-watermark", "GET /changes", theirs=ABSENT),),
    "private-names": (Allowed(r"body.*[13579bdf],[0-9a-f]{4}\.Name"),),
    "file-names": (Allowed("header content-disposition", "/data|/file|/compressed-data"),),
    "etag-of-files": (Allowed("header etag", "/file", theirs=ABSENT),),
    "careful-browsers": (
        Allowed(
            "header (x-content-type-options|x-frame-options|referrer-policy|content-security-policy)",
            theirs=ABSENT,
        ),
    ),
    "head": (Allowed("status|header .*", "HEAD"),),
    "dicomweb-file": (
        Allowed("header content-type|body.*|size|bytes", "Accept: application/dicom.json"),
    ),
    "bare-syntax": (
        Allowed("status|header content-type|body.*", "PUT /tools/accepted-.* 1.2.840.10008.1.2.1$"),
    ),
    "sent-or-not": (
        Allowed(r"body\.(InstancesCount|ParentResources.*)", '"{mr1}", "{mr1}"'),
        Allowed(r"body\.FailedInstancesCount", "nobody/store|astray/store"),
        Allowed(r"body\.Content\.FailedInstancesCount", "{lost}|{astray}"),
    ),
    "sent-to-peers": (
        Allowed(r"body\.Peer\.HttpHeaders\..*", "POST /peers/.*/store"),
        Allowed(r"body\.Size", "POST /peers/.*/store"),
    ),
    "answers-are-no-files": (Allowed(r"body.*\.(0002,0003.*|MediaStorageSOPInstanceUID)"),),
    "titles-in-json": (Allowed(r"status|body.*", 'retrieve "NEAR"$'),),
    "unanswering-peers": (Allowed(_REASON, "GET /peers/astray/system"),),
    "fewer-tools": (Allowed(r"body.*", "GET /tools$"),),
    "axial-version": (
        Allowed(r"body\.(AxialVersion|OverwriteInstancesMode)", "GET /system", theirs=ABSENT),
        Allowed(r"body\.PluginsEnabled", "GET /system"),
    ),
}
