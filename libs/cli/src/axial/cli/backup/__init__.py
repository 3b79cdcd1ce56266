"""A backup: everything that cannot be made again, in one folder.

`backing_up` takes it from a system that runs, `restoring` puts it into one that is empty (`emptiness`), once `checking`
has found it whole. `streams` knows JetStream's snapshots, `blobs` copies from one store to another, `dumps` calls
PostgreSQL's programs. `folder` says what lies where, `ledger` what each blob was, `manifest` what the backup is.

What order makes of it. The schemas are dumped first, then the stream of the feed is taken, then the log: so no
consumer and no delivery stands behind the end of the feed, and no entry of the feed is without its event. Blobs are
copied twice, before the log and after it. A blob that the log names was stored before its event, so it is there for
the second walk, unless it was removed since. Nothing is: from before the log is taken until the second walk has ended,
no blob is collected (`axial.common.collection`).
"""
