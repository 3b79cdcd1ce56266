"""The instances of an archive, one after the other, each under its name.

Patients, studies and series are walked in the order of their identifiers, instances in the order of their creation, as
Orthanc does. Nothing is held but the line from the patient to the page of instances at hand. What is created after
the walk began is left out, so that every walk ends; what is deleted before its turn is left out, too.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from axial.common.identifiers import Level, ResourceId
from axial.index.archives.names import Folder, file_name, folder_name
from axial.index.archives.reads import ArchiveReads, FolderRow, Member
from axial.index.archives.selection import Branch
from axial.index.resources import CreatedSequence

_IMAGES_FOLDER = "IMAGES"


@dataclass(frozen=True, slots=True)
class Form:
    """What kind of archive is made."""

    #: With a DICOMDIR, and with the names of files that it allows.
    is_media: bool = False
    #: With descriptions of series in the DICOMDIR.
    is_extended: bool = False
    #: With letters beyond ASCII in the names of folders.
    utf8: bool = False
    #: The patient is named as the study tells: studies of one PatientID may disagree.
    is_of_a_study: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An instance of an archive."""

    name: str
    #: Its patient, its study and its series.
    place: tuple[ResourceId, ...]
    member: Member


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder on the way down."""

    path: str
    ids: tuple[ResourceId, ...]
    row: FolderRow
    branch: Branch


class Walk:
    """Walks one archive, once."""

    def __init__(self, reads: ArchiveReads, form: Form, until: CreatedSequence) -> None:
        self._reads = reads
        self._form = form
        self._until = until
        self._images = 0

    async def entries(self, root: Branch) -> AsyncIterator[Entry]:
        """Walk all instances of a selection of patients, or of what is below them."""
        top = self._named(Level.PATIENT, root, "", (), self._reads.folders(list(root.named)))
        async for patient in top:
            async for study in self._below(Level.STUDY, patient):
                async for series in self._below(Level.SERIES, study):
                    number = 0
                    async for member in self._members(series):
                        yield Entry(self._name(series, number), series.ids, member)
                        number += 1
                        self._images += 1

    def _below(self, level: Level, place: _Place) -> AsyncIterator[_Place]:
        """Walk what is in a folder."""
        if place.branch.is_whole:
            rows = self._reads.children(place.row.id, self._until)
        else:
            rows = self._reads.folders(list(place.branch.named))
        return self._named(level, place.branch, f"{place.path}/", place.ids, rows)

    async def _named(
        self,
        level: Level,
        branch: Branch,
        path: str,
        ids: tuple[ResourceId, ...],
        rows: AsyncIterator[FolderRow],
    ) -> AsyncIterator[_Place]:
        """Name folders of one level, all in the same folder."""
        folder = Folder()
        async for row in rows:
            below = branch if branch.is_whole else branch.named[row.id]
            tags = row.tags
            if level is Level.PATIENT and self._form.is_of_a_study:
                async for study in self._reads.folders(list(below.named)):
                    tags = study.tags
            name = folder.give(folder_name(level, tags, utf8=self._form.utf8))
            yield _Place(path + name, (*ids, row.id), row, below)

    def _members(self, series: _Place) -> AsyncIterator[Member]:
        """Walk the instances in a series."""
        with_headers = self._form.is_media
        if series.branch.is_whole:
            return self._reads.members_of(series.row.id, self._until, with_headers=with_headers)
        return self._reads.members(list(series.branch.named), with_headers=with_headers)

    def _name(self, series: _Place, number: int) -> str:
        """Name a file: by its series, or by a number of its own in all of a medium."""
        if self._form.is_media:
            return f"{_IMAGES_FOLDER}/IM{self._images}"
        return f"{series.path}/{file_name(series.row.tags.get('Modality', ''), number)}"
