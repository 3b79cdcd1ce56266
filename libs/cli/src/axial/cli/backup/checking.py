"""Whether a folder holds a whole backup: found out before anything is touched."""

from collections.abc import Callable

from axial.cli.backup.blobs import count_unlike
from axial.cli.backup.files import sha256_of
from axial.cli.backup.folder import BackupFolder
from axial.cli.backup.ledger import Ledger, LedgerDamaged
from axial.cli.backup.manifest import BackupUnusable, Manifest, read_manifest
from axial.common.blobs import BlobStore

Progress = Callable[[str, int], None]


def read_whole(folder: BackupFolder, progress: Progress) -> Manifest:
    """Read the manifest, and compare each file with it; raise BackupUnusable."""
    manifest = read_manifest(folder.root)
    for kept in manifest.files:
        path = folder.root / kept.path
        if not path.is_file():
            raise BackupUnusable(f"the backup is damaged: {kept.path} is missing")
        if path.stat().st_size != kept.size_bytes or sha256_of(path) != kept.sha256:
            raise BackupUnusable(f"the backup is damaged: {kept.path} is not what was written")
        progress("files compared", kept.size_bytes)
    return manifest


async def compare_blobs(
    folder: BackupFolder, manifest: Manifest, ledger: Ledger, kept: BlobStore
) -> None:
    """See that every blob is there in its size; its bytes are compared when it is copied."""
    try:
        count, size_bytes = ledger.totals()
        unlike = await count_unlike(ledger, kept)
    except LedgerDamaged as error:
        raise BackupUnusable(f"the backup is damaged: {folder.ledger.name}") from error
    # A later backup that broke off has added some, which is no harm.
    if count < manifest.blobs.count or size_bytes < manifest.blobs.size_bytes:
        raise BackupUnusable(f"the backup is damaged: {folder.ledger.name} is not what was written")
    if unlike:
        raise BackupUnusable(f"the backup is damaged: {unlike} blobs are missing or cut short")
