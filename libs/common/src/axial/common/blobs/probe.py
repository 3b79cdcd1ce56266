"""The proof, asked for at start-up, that a store really stores."""

import secrets

from axial.common.blobs.port import BlobDamaged, BlobStore


async def prove(store: BlobStore) -> None:
    """Write, read and remove a small blob; raises what the store raises.

    One that is left behind by a crash is an orphan like any other to the sweeper.
    """
    key = f"axial-probe/{secrets.token_hex(8)}"
    written = secrets.token_bytes(32)
    await store.put(key, written)
    try:
        if await store.read(key) != written:
            raise BlobDamaged
    finally:
        await store.delete(key)
