"""The resources of the four levels, as they are read from the projection."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NewType, TypeAlias
from uuid import UUID

from axial.common.blobs.stored import StoredBlob
from axial.common.identifiers import ResourceId
from axial.common.ticks import Ticks

Tags: TypeAlias = Mapping[str, str]
"""Main DICOM tags: keyword to value."""

CreatedSequence = NewType("CreatedSequence", int)
"""The number of the change that created a resource: its place in every list."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient with the identifiers of its studies."""

    id: ResourceId
    main_dicom_tags: Tags
    updated: Ticks
    is_stable: bool
    studies: tuple[ResourceId, ...]
    labels: tuple[str, ...]
    is_protected: bool


@dataclass(frozen=True, slots=True)
class Study:
    """A study with the identifiers of its series."""

    id: ResourceId
    patient: ResourceId
    main_dicom_tags: Tags
    patient_main_dicom_tags: Tags
    updated: Ticks
    is_stable: bool
    series: tuple[ResourceId, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """A series with the identifiers of its instances."""

    id: ResourceId
    study: ResourceId
    main_dicom_tags: Tags
    updated: Ticks
    is_stable: bool
    instances: tuple[ResourceId, ...]
    #: How many instances its tags promise; None when they do not.
    expected_instances: int | None
    #: Orthanc's word for how complete it is.
    status: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance."""

    id: ResourceId
    series: ResourceId
    main_dicom_tags: Tags
    #: The event that brought the bytes.
    event_id: UUID
    index_in_series: int | None
    size_bytes: int
    labels: tuple[str, ...]


Resource: TypeAlias = Patient | Study | Series | Instance


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where the bytes of an instance are, and what they are."""

    blob_key: str
    size_bytes: int
    md5: str
    transfer_syntax_uid: str
    is_compressed: bool

    @property
    def blob(self) -> StoredBlob:
        """The bytes, to be read in whatever form they are kept."""
        return StoredBlob(self.blob_key, self.size_bytes, self.is_compressed)


@dataclass(frozen=True, slots=True)
class StoredHeader:
    """A file up to its pixel data, compressed with zstd: here, or in a blob of its own."""

    compressed: bytes | None
    blob_key: str | None
    #: None when the file has no pixel data.
    pixel_data_vr: str | None


@dataclass(frozen=True, slots=True)
class StoredPixels:
    """Where the pixels of an instance are, with what it takes to read them."""

    blob_key: str
    size_bytes: int
    is_compressed: bool
    transfer_syntax_uid: str
    #: Of the pixel data element's tag, in bytes; None without pixel data, or when the file is deflated.
    pixel_data_offset: int | None
    #: None when the file has no pixel data.
    pixel_data_vr: str | None
    #: The file up to its pixel data, compressed with zstd: here, or in a blob of its own.
    header: bytes | None
    header_blob_key: str | None

    @property
    def blob(self) -> StoredBlob:
        """The file, to be read in whatever form it is kept."""
        return StoredBlob(self.blob_key, self.size_bytes, self.is_compressed)


@dataclass(frozen=True, slots=True)
class Totals:
    """How much the archive holds."""

    patients: int
    studies: int
    series: int
    instances: int
    #: Of all files, and what these take in the form in which they are kept.
    size_bytes: int
    disk_size_bytes: int


@dataclass(frozen=True, slots=True)
class Measure:
    """How much is below one resource, itself included."""

    studies: int
    series: int
    instances: int
    #: Of the instances' files.
    dicom_size_bytes: int
    dicom_disk_size_bytes: int
    #: Of these and what users attached.
    size_bytes: int
    disk_size_bytes: int
