"""Names and numbers of metadata and attachments: Orthanc's own, and those of the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from axial.common.errors import Inexistent

FIRST_USER_NUMBER = 1024
LAST_USER_NUMBER = 65535
"""The numbers that users may give (Orthanc's options `UserMetadata` and `UserContentType`)."""

_MOST_DIGITS = 9


class CoreMetadata(IntEnum):
    """What Orthanc keeps of a resource by itself (orthanc-rest.md, C.5); read, never written by users."""

    INDEX_IN_SERIES = 1
    RECEPTION_DATE = 2
    REMOTE_AET = 3
    EXPECTED_NUMBER_OF_INSTANCES = 4
    MODIFIED_FROM = 5
    ANONYMIZED_FROM = 6
    LAST_UPDATE = 7
    ORIGIN = 8
    TRANSFER_SYNTAX = 9
    SOP_CLASS_UID = 10
    REMOTE_IP = 11
    CALLED_AET = 12
    HTTP_USERNAME = 13
    PIXEL_DATA_OFFSET = 14
    MAIN_DICOM_TAGS_SIGNATURE = 15
    MAIN_DICOM_SEQUENCES = 16
    PIXEL_DATA_VR = 17


_CORE_METADATA = {
    "IndexInSeries": CoreMetadata.INDEX_IN_SERIES,
    "ReceptionDate": CoreMetadata.RECEPTION_DATE,
    "RemoteAET": CoreMetadata.REMOTE_AET,
    "ExpectedNumberOfInstances": CoreMetadata.EXPECTED_NUMBER_OF_INSTANCES,
    "ModifiedFrom": CoreMetadata.MODIFIED_FROM,
    "AnonymizedFrom": CoreMetadata.ANONYMIZED_FROM,
    "LastUpdate": CoreMetadata.LAST_UPDATE,
    "Origin": CoreMetadata.ORIGIN,
    "TransferSyntax": CoreMetadata.TRANSFER_SYNTAX,
    "SopClassUid": CoreMetadata.SOP_CLASS_UID,
    "RemoteIP": CoreMetadata.REMOTE_IP,
    "CalledAET": CoreMetadata.CALLED_AET,
    "HttpUsername": CoreMetadata.HTTP_USERNAME,
    "PixelDataOffset": CoreMetadata.PIXEL_DATA_OFFSET,
    "MainDicomTagsSignature": CoreMetadata.MAIN_DICOM_TAGS_SIGNATURE,
    "MainDicomSequences": CoreMetadata.MAIN_DICOM_SEQUENCES,
    "PixelDataVR": CoreMetadata.PIXEL_DATA_VR,
}


class CoreContent(IntEnum):
    """The files that Orthanc keeps of an instance (orthanc-rest.md, C.6)."""

    DICOM = 1
    DICOM_AS_JSON = 2
    DICOM_UNTIL_PIXEL_DATA = 3


_CORE_CONTENT = {
    "dicom": CoreContent.DICOM,
    "dicom-as-json": CoreContent.DICOM_AS_JSON,
    "dicom-until-pixel-data": CoreContent.DICOM_UNTIL_PIXEL_DATA,
}


@dataclass(frozen=True, slots=True)
class Names:
    """A dictionary of names and numbers, in which a number may also stand for itself."""

    numbers: Mapping[str, int]

    def number_of(self, text: str) -> int:
        """Read a name, or a number in digits; Inexistent for a name that nobody registered."""
        number = self.numbers.get(text)
        if number is not None:
            return number
        if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
            return int(text)
        raise Inexistent

    def name_of(self, number: int) -> str:
        """Name a number; one without a name is written in digits."""
        return next((name for name, known in self.numbers.items() if known == number), str(number))


def metadata_names(user: Mapping[str, int]) -> Names:
    """Make the dictionary of metadata."""
    return Names(_CORE_METADATA | dict(user))


def content_names(user: Mapping[str, int]) -> Names:
    """Make the dictionary of attachments."""
    return Names(_CORE_CONTENT | dict(user))


def is_users(number: int) -> bool:
    """Tell whether users may write what has this number."""
    return FIRST_USER_NUMBER <= number <= LAST_USER_NUMBER
