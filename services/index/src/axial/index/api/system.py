"""What this server is, in Orthanc's terms."""

from hashlib import sha1
from importlib.metadata import version

from fastapi import APIRouter
from starlette.responses import Response

from axial.common.attributes import MAIN_DICOM_TAGS, format_tag
from axial.common.configuration import Configuration
from axial.common.events import OverwriteMode
from axial.index.api.answers import answer
from axial.index.api.dependencies import TheConfiguration

router = APIRouter()

# The Orthanc whose REST API this is; clients compare it before they use what is newer.
_ORTHANC_VERSION = "1.12.11"
_ORTHANC_API_VERSION = 30
# Of Orthanc's database schema: unchanged since 2014, and what its clients expect.
_ORTHANC_DATABASE_VERSION = 6

_OVERWRITE_MODES: dict[OverwriteMode, str] = {
    "never": "Never",
    "always": "Always",
    "if_changed": "IfChanged",
}


@router.get("/system")
async def get_system(configuration: TheConfiguration) -> Response:
    """Answer what this server is."""
    return answer(system(configuration))


def system(configuration: Configuration) -> dict[str, object]:
    """Describe the server; what is not there yet is told as not there."""
    return {
        "ApiVersion": _ORTHANC_API_VERSION,
        "AxialVersion": version("axial-index"),
        "Capabilities": {
            "HasExtendedChanges": True,
            "HasExtendedFind": True,
            "HasKeyValueStores": False,
            "HasQueues": False,
            "HasReserveQueueValue": False,
        },
        "CheckRevisions": configuration.check_revisions,
        "DatabaseBackendPlugin": None,
        "DatabaseServerIdentifier": _server_identifier(configuration),
        "DatabaseVersion": _ORTHANC_DATABASE_VERSION,
        "DicomAet": configuration.dicom_aet,
        "DicomDefaultRetrieveMethod": configuration.dicom_default_retrieve_method,
        "DicomPort": configuration.dicom_port,
        "HasLabels": True,
        "HttpPort": configuration.http_port,
        "IngestTranscoding": "",
        # Orthanc's meaning: a stranger cannot reach the API. It is not about TLS.
        "IsHttpServerSecure": configuration.authentication_required
        or not configuration.remote_access_allowed,
        "MainDicomTags": {
            level.type_name: ";".join(format_tag(tag) for tag in tags)
            for level, tags in MAIN_DICOM_TAGS.items()
        },
        "MaximumPatientCount": configuration.maximum_patient_count,
        "MaximumStorageMode": configuration.maximum_storage_mode,
        "MaximumStorageSize": configuration.maximum_storage_size,
        "Name": configuration.name,
        "OverwriteInstances": configuration.overwrite_instances != "never",
        # Orthanc has it since 1.13: a Boolean cannot tell IfChanged from Always.
        "OverwriteInstancesMode": _OVERWRITE_MODES[configuration.overwrite_instances],
        "PatientLevelEnabled": True,
        "PluginsEnabled": False,
        "ReadOnly": False,
        "StorageAreaPlugin": None,
        "StorageCompression": configuration.storage_compression,
        "UserMetadata": configuration.user_metadata,
        "Version": _ORTHANC_VERSION,
    }


def _server_identifier(configuration: Configuration) -> str:
    """Name the server in the form of Orthanc's identifiers; the same for all its replicas."""
    text = f"{configuration.name}|{configuration.dicom_aet}|{configuration.dicom_port}"
    digest = sha1(text.encode(), usedforsecurity=False).hexdigest()
    return "-".join(digest[start : start + 8] for start in range(0, len(digest), 8))
