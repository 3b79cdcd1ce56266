"""The files of an archive in another transfer syntax than they are kept in."""

from dataclasses import dataclass, replace

from axial.common.blobs import BlobStore, StoredRanges
from axial.common.errors import Untranscodable
from axial.index.archives.reads import Member
from axial.pixels.transcoding.files import Transcoded
from axial.pixels.transcoding.transcoder import Transcoder, Wish


@dataclass(frozen=True, slots=True)
class Transcoding:
    """Writes what is not in the wished transfer syntax."""

    transcoder: Transcoder
    wish: Wish

    def wants(self, member: Member) -> bool:
        """Tell whether a file is to be written otherwise."""
        return member.transfer_syntax_uid != self.wish.transfer_syntax_uid

    async def write(self, blobs: BlobStore, member: Member) -> tuple[Member, Transcoded] | None:
        """Write a file, and describe it as it is then; None when it has to stay as it is, as in Orthanc."""
        source = StoredRanges(blobs, member.blob)
        try:
            file = await self.transcoder.transcode(source, member.blob.size_bytes, self.wish)
        except Untranscodable:
            return None
        described = replace(
            member,
            blob=replace(member.blob, size_bytes=file.size_bytes),
            sop_instance_uid=file.sop_instance_uid or member.sop_instance_uid,
            transfer_syntax_uid=file.transfer_syntax_uid,
        )
        return described, file
