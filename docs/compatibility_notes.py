"""What Axial does otherwise than Orthanc 1.12.11, beside the operations in which it shows.

`docs/compatibility.md` is generated from this table, and the side-by-side test allows what stands here and nothing
else. An operation is `METHOD /path` as in `docs/orthanc_operations.txt`; `{level}` stands for patients, studies,
series and instances, as far as the operation exists there. A note without operations holds everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Note:
    """One difference."""

    text: str
    operations: tuple[str, ...] = ()


_LOG_CATEGORIES = ("dicom", "generic", "http", "jobs", "lua", "plugins", "sqlite")

#: By a name that tests refer to.
NOTES: Mapping[str, Note] = MappingProxyType(
    {
        "late-answers": Note(
            "Commands: if the index does not answer within `AXIAL_OUTCOME_WAIT_SECONDS`, or if asked with"
            " `Prefer: respond-async`: 202 with the event's `Sequence`, and it happens all the same.",
        ),
        "roles": Note(
            "With `UserRoles` a registered user may be allowed less than everything: 403 for what the role does not"
            " allow ([access.md](access.md)); after ten wrong credentials in a minute 429.",
        ),
        "deletion-grace": Note(
            "With `DeletionGrace`, what is deleted is gone as ever, and can come back for so many seconds: `GET /trash`"
            " tells what, `POST /trash/{deletion}/restore` brings it back, `DELETE /trash/{deletion}` lets it go for"
            " good. What comes back is new in the feeds.",
        ),
        "careful-browsers": Note(
            "Every answer tells browsers to run nothing of it and to show it in no frame: `X-Content-Type-Options`,"
            " `X-Frame-Options`, `Referrer-Policy`, `Content-Security-Policy`.",
        ),
        "history-kept": Note(
            "Empties the view; the history stays, and `GET /changes?include-deleted=true` shows it.",
            ("DELETE /changes",),
        ),
        "page-of-changes": Note(
            "A page has at most 10,000 rows, and `Seq` is not limited to 32 bits.",
            ("GET /changes",),
        ),
        "transcode": Note(
            "`transcode` takes what Orthanc's own transcoder writes, and RLE and JPEG 2000, for which Orthanc needs a"
            " plugin; lossy JPEG has eight bits a sample, and what stands for colours of a palette is not written"
            " lossily. What cannot be written so is refused with 415. A lossy instance gets a UID below `2.25`.",
            ("GET /instances/{id}/file",),
        ),
        "unknown-tag": Note(
            "An unknown name of a tag is the caller's fault: 400, where Orthanc says 500.",
            (
                "POST /tools/find",
                "POST /tools/count-resources",
                "GET /instances/{id}/tags",
                "GET /instances/{id}/simplified-tags",
                "GET /{level}/{id}/module",
                "GET /studies/{id}/module-patient",
                "GET /{level}/{id}/instances-tags",
                "POST /modalities/{id}/move",
                "POST /modalities/{id}/get",
                *(
                    f"POST /modalities/{{id}}/find{what}"
                    for what in ("", "-patient", "-study", "-series", "-instance", "-worklist")
                ),
            ),
        ),
        "content-paths": Note(
            "A path that leads nowhere is 404, also when it has an unknown name (Orthanc: 500) or a negative number"
            " (Orthanc counts from the last item). A private attribute that is asked for by its configured name is"
            " looked for in the block that the configuration says, else in the first.",
            ("GET /instances/{id}/content/{path}",),
        ),
        "code-extensions": Note(
            "Japanese texts with code extensions (ISO 2022) are decoded whatever the first character set is, and the"
            " backslash of ISO_IR 13 stays one; text that came as UN loses its padding.",
            (
                "GET /instances/{id}/tags",
                "GET /instances/{id}/simplified-tags",
                "GET /{level}/{id}/module",
                "GET /studies/{id}/module-patient",
                "GET /{level}/{id}/instances-tags",
                "GET /{level}/{id}/shared-tags",
            ),
        ),
        "slices-without-order": Note(
            "Slices that have neither places nor numbers come in the order of their arrival, where Orthanc says 500.",
            ("GET /series/{id}/ordered-slices",),
        ),
        "details": Note(
            "`Details` says in words of Axial's own what is wrong with a request, `ErrorDetails` why a job has failed."
        ),
        "told-errors": Note(
            "Every error has the JSON that tells it, but for a wrong method (405) and `HEAD`; Orthanc"
            " sends some of its 400, 403, 404 and 415 without a body, and an `ETag` with some others."
        ),
        "callers-fault": Note(
            "What is wrong with a request is told with 400, also where Orthanc fails with 500: a damaged"
            " gzip body, a field of another type than asked for. So is a peer that is no JSON, where Orthanc"
            " says 404."
        ),
        "head": Note("`HEAD` is answered like `GET`, without the body; Orthanc says 404."),
        "other-methods": Note(
            "`OPTIONS` is answered 204 with `Allow`, and `PATCH` 405; Orthanc says 404 and 400."
        ),
        "http-compression": Note(
            "`HttpCompressionEnabled` is false unless set, and compresses JSON alone, with gzip."
        ),
        "compact-json": Note("JSON is written without indentation, but for `/changes`."),
        "long-urls": Note(
            "The first line of a request and its headers may have 64 KiB together: 431 beyond them."
        ),
        "negative-limit": Note(
            "A negative `since` or `limit` is refused; Orthanc takes it for a very large number.",
            tuple(f"GET /{level}" for level in ("patients", "studies", "series", "instances")),
        ),
        "unknown-patient": Note(
            "A patient that is not there is 404; Orthanc says 400.",
            ("GET /patients/{id}/protected", "PUT /patients/{id}/protected"),
        ),
        "another-level": Note(
            "An identifier of another level than the path's is unknown, 404; Orthanc says 400.",
            (
                "GET /series/{id}/instances",
                "GET /studies/{id}/series",
                "GET /patients/{id}/studies",
            ),
        ),
        "not-acceptable": Note(
            "An `Accept` that no image can meet is told with 406; Orthanc says 404.",
            ("GET /instances/{id}/preview", "GET /instances/{id}/frames/{frame}/preview"),
        ),
        "watermark": Note(
            "The header `X-Changes-Watermark` tells up to where the log has been read.",
            ("GET /changes",),
        ),
        "private-names": Note(
            "Names of private tags are those of pydicom's dictionary, not of DCMTK's.",
            (
                "GET /instances/{id}/tags",
                "GET /instances/{id}/simplified-tags",
                "GET /{level}/{id}/instances-tags",
                "GET /{level}/{id}/shared-tags",
            ),
        ),
        "file-names": Note(
            "Without `filename`, a download is named after the resource, not after the file in the storage.",
            (
                "GET /instances/{id}/file",
                "GET /{level}/{id}/attachments/{name}/data",
                "GET /{level}/{id}/attachments/{name}/compressed-data",
            ),
        ),
        "damaged-files": Note(
            "A file that is not what was stored is told with 500 and Orthanc's error 20 (`Corrupted file`); Orthanc"
            " answers 400 without a body.",
            ("POST /{level}/{id}/attachments/{name}/verify-md5",),
        ),
        "etag-of-files": Note("Has an `ETag`, for ranges.", ("GET /instances/{id}/file",)),
        "archive-members": Note(
            "The members of a ZIP are stored several at once: their changes are not in their order.",
            ("POST /instances",),
        ),
        "dicomweb-file": Note(
            "`Accept` is not looked at: the answer is the file, not its DICOMweb JSON or XML.",
            ("GET /instances/{id}/file",),
        ),
        "axial-version": Note(
            "Has `AxialVersion`, `OverwriteInstancesMode` of Orthanc 1.13, and no plugins.",
            ("GET /system",),
        ),
        "bare-syntax": Note(
            "A transfer syntax alone, as a text, is taken, as Orthanc's documentation has it; Orthanc refuses it.",
            ("PUT /tools/accepted-transfer-syntaxes",),
        ),
        "fewer-tools": Note("Lists what is offered.", ("GET /tools",)),
        "settings-last": Note(
            "Holds in all processes, and after a restart, too: the configuration says what holds before the first"
            " change. Other processes than the one that answers hear of it within milliseconds.",
            (
                "PUT /tools/accepted-transfer-syntaxes",
                "PUT /tools/default-encoding",
                "PUT /tools/log-level",
                *(f"PUT /tools/log-level-{category}" for category in _LOG_CATEGORIES),
                "PUT /tools/metrics",
                "PUT /tools/unknown-sop-class-accepted",
            ),
        ),
        "log-levels": Note(
            "`default` is what `AXIAL_LOG_LEVEL` says, `verbose` adds debugging, `trace` that of the libraries;"
            " `sqlite` is the database, whichever, and nobody speaks of `lua` and `plugins`.",
            (
                "GET /tools/log-level",
                *(f"GET /tools/log-level-{category}" for category in _LOG_CATEGORIES),
            ),
        ),
        "patterns-of-syntaxes": Note(
            "A UID alone, without quotation marks, is taken, which Orthanc documents and refuses; broken JSON is"
            " refused, of which Orthanc makes a pattern that nothing matches.",
            ("PUT /tools/accepted-transfer-syntaxes",),
        ),
        "fewer-figures": Note(
            "Those of Orthanc's figures that mean something here, each with its help and type.",
            ("GET /tools/metrics-prometheus",),
        ),
        "own-conformance": Note("Axial's own statement.", ("GET /tools/dicom-conformance",)),
        "shared-jobs": Note(
            "Jobs are kept and shared by all replicas: one whose replica ends or dies goes on at another, from where it"
            " was. What is asked of a job that runs it heeds within a second, in the middle of a step if need"
            " be, and who cancels wins over who pauses. While a service of Axial's own is away, a job is in state"
            " `Retry` and goes on by itself, for two minutes.",
            (
                "GET /jobs/{id}",
                "POST /jobs/{id}/cancel",
                "POST /jobs/{id}/pause",
                "POST /jobs/{id}/resume",
                "POST /jobs/{id}/resubmit",
            ),
        ),
        "jobs-of-archives": Note(
            "An archive that somebody waits for is no job. One that is made by a job can be paused, and submitted again"
            " when it failed; it then begins anew.",
            ("GET /jobs", "POST /jobs/{id}/resubmit"),
        ),
        "archives-of-jobs": Note(
            "Unless `MediaArchiveSize` is given, an archive is kept as long as its job; Orthanc keeps one, so that who"
            " has another made takes it from whoever has not fetched it yet.",
            ("GET /jobs/{id}/{key}",),
        ),
        "shared-queries": Note(
            "Queries and their answers are kept by all replicas together, and survive restarts. The modality is looked"
            " up by its name again when answers are retrieved: one that was changed since is asked as it is now. A"
            " C-FIND with more than 256 MiB of answers, or that takes more than an hour, fails. A question below an"
            " answer is asked under the `LocalAet` of the one above.",
            ("POST /modalities/{id}/query", "GET /queries", "POST /queries/{id}/retrieve"),
        ),
        "answers-are-no-files": Note(
            "An answer about an instance does not show `MediaStorageSOPInstanceUID`, which is an attribute of files.",
            (
                "GET /queries/{id}/answers",
                "GET /queries/{id}/answers/{index}/content",
                "POST /modalities/{id}/find-instance",
            ),
        ),
        "retrieved-with-warnings": Note(
            "A retrieval in which nothing failed succeeds, also when the modality ends it with a warning. By C-GET what"
            " has failed is asked for again on a second association, for the kinds of instances for which the first"
            " has no room. `ReceivedInstancesIds` names each instance once.",
            (
                "POST /queries/{id}/retrieve",
                "POST /queries/{id}/answers/{index}/retrieve",
                "POST /modalities/{id}/move",
                "POST /modalities/{id}/get",
            ),
        ),
        "got-by-us": Note(
            "By C-GET instances come here only: another `TargetAet` is refused with 400 if C-GET is asked for, and"
            " served by C-MOVE if C-GET is only the default.",
            ("POST /queries/{id}/retrieve", "POST /queries/{id}/answers/{index}/retrieve"),
        ),
        "titles-in-json": Note(
            "A body that is a title may be written as JSON, with quotation marks; Orthanc fails with 500.",
            ("POST /queries/{id}/retrieve", "POST /queries/{id}/answers/{index}/retrieve"),
        ),
        "find-too-much": Note(
            "A query that says too little is refused with a reason in the body.",
            (
                "POST /modalities/{id}/find-study",
                "POST /modalities/{id}/find-series",
                "POST /modalities/{id}/find-instance",
            ),
        ),
        "archives-transcode": Note(
            "Transcoding takes RLE and JPEG 2000, too, for which Orthanc needs a plugin; lossy JPEG has eight bits a"
            " sample. What cannot be written so stays as it is, as in Orthanc.",
            (
                "GET /{level}/{id}/archive",
                "POST /{level}/{id}/archive",
                "GET /{level}/{id}/media",
                "POST /{level}/{id}/media",
                *(
                    f"{method} /tools/create-{kind}"
                    for kind in ("archive", "media", "media-extended")
                    for method in ("GET", "POST")
                ),
            ),
        ),
        "dicomdir": Note(
            "The DICOMDIR has the record of each instance's SOP class, and texts in their character sets; Orthanc"
            " calls every instance an image and drops letters beyond ASCII.",
            (
                "GET /{level}/{id}/media",
                "POST /{level}/{id}/media",
                *(
                    f"{method} /tools/create-{kind}"
                    for kind in ("media", "media-extended")
                    for method in ("GET", "POST")
                ),
            ),
        ),
        "largest-upload": Note(
            "A body larger than `MaximumUploadSize` is refused with 413.",
            ("POST /instances", "PUT /{level}/{id}/attachments/{name}"),
        ),
        "largest-metadata": Note(
            "A value of more than 128 KiB is refused with 413.",
            ("PUT /{level}/{id}/metadata/{name}",),
        ),
        "unindexed-tags": Note(
            "Tags that are not indexed go together with `Since` and `Limit`, and are counted.",
            ("POST /tools/find", "POST /tools/count-resources"),
        ),
        "exports-that-arrived": Note(
            "With `LogExportedResources` a resource is told once all of it has arrived, else its instances that have;"
            " Orthanc tells it when the sending is asked for, whatever becomes of it. Each instance that a rule had"
            " delivered is told, too.",
            ("GET /exports",),
        ),
        "modalities-are-kept": Note(
            "Holds for all processes, the DICOM server's too, and for good; also that a modality of the configuration"
            " is deleted. With `DicomModalitiesInDatabase` those of the configuration mean nothing. What could not be"
            " connected to is refused (an AE title of more than 16 characters, an empty host).",
            ("PUT /modalities/{id}", "DELETE /modalities/{id}"),
        ),
        "sent-or-not": Note(
            "Each instance is sent once, however many of the resources hold it. `FailedInstancesCount` counts all that"
            " did not arrive, also in a permissive job. An association that is kept (`DicomAssociationCloseDelay`) is"
            " used by whatever goes to the same modality next. A job that another replica goes on with asks the"
            " modality (C-FIND) for what it may have already; not what may have arrived under another UID, since"
            " `DicomScuPreferredTransferSyntax` is a lossy one.",
            ("POST /modalities/{id}/store",),
        ),
        "commitment-asked-for": Note(
            "The transaction is kept by all replicas for good, not in memory. Axial stays on the association for"
            " `DicomAssociationCloseDelay` seconds, and hears a report there as well. What is no UID is refused with"
            " 400.",
            ("POST /modalities/{id}/storage-commitment",),
        ),
        "commitment-reported": Note(
            "A report counts if it was asked for; Orthanc keeps any. What was asked for and is not mentioned has failed"
            " (272).",
            ("GET /storage-commitment/{id}",),
        ),
        "commitment-removed": Note(
            "Deletes what was asked for and is committed, by SOP class and SOP instance. Before all is: 400, where"
            " Orthanc says 500.",
            ("POST /storage-commitment/{id}/remove",),
        ),
        "commitment-chained": Note(
            "With `StorageCommitment` the modality is asked about all that has arrived, also when other instances have"
            " not; `StorageCommitmentTransactionUID` is shown from then on.",
            ("POST /modalities/{id}/store",),
        ),
        "straight-instances": Note(
            "The file must be one that could be stored here, with the UIDs of its study and series.",
            ("POST /modalities/{id}/store-straight",),
        ),
        "peers-are-kept": Note(
            "Holds for all replicas and for good; also that a peer of the configuration is deleted. With"
            " `OrthancPeersInDatabase` those of the configuration mean nothing. Refused are a URL without a host or"
            " with a query, headers that HTTP would not carry or that frame a request, and `Pkcs11`. A user in the URL"
            " is taken out of it. Certificates are read again when their files have changed. `SenderUsername` names the"
            " registered user as whom the peer sends to us: rules send back nothing that came from there.",
            ("PUT /peers/{id}", "DELETE /peers/{id}"),
        ),
        "dicomweb-peers": Note(
            '`"Protocol": "DICOMweb"` makes a peer of a server to which instances go by STOW-RS, below `Url`; sent'
            " straight, its answer names the SOP class and the SOP instance. It may answer in JSON or in XML.",
            ("PUT /peers/{id}", "POST /peers/{id}/store", "POST /peers/{id}/store-straight"),
        ),
        "sent-to-peers": Note(
            "Each instance is sent once, however many of the resources hold it. What the peer says of it counts, "
            "not the status alone: `FilteredOut` is a failure, and redirects are not followed. "
            "`FailedInstancesCount` counts all that did not arrive, also in a permissive job, whose `Peer` tells "
            "the names of headers alone. `Size` counts the bytes as they were sent. A job that another replica "
            "goes on with asks the peer for what it may have already.",
            ("POST /peers/{id}/store",),
        ),
        "unanswering-peers": Note(
            "Whatever a peer answers that is no success is told with 500 and Orthanc's error 9; Orthanc hands some"
            " statuses on, or says that they may not be (2005).",
            ("GET /peers/{id}/system",),
        ),
        "no-dicom-yet": Note(
            "Kept and told; of no effect before there is a DICOM server.",
            ("PUT /tools/accepted-transfer-syntaxes", "PUT /tools/unknown-sop-class-accepted"),
        ),
    }
)
