"""How full, and how whole: files, database, log."""

from docs.dashboards.expressions import or_zero, rate, worst
from docs.dashboards.panels import Dashboard, Limits, Panel, Query, Unit

_DISKS = "job, disk"

STORAGE = Dashboard(
    "storage",
    "storage",
    "What is kept, what it takes, how much room is left, and whether it is still what was stored.",
    (
        Panel(
            "Instances",
            "In the archive now.",
            Unit.COUNT,
            (Query(worst("axial_index_resources", where='level="instances"')),),
            Limits(1e18),
        ),
        Panel(
            "Bytes of files",
            "As they are kept, compressed or not: what MaximumStorageSize counts.",
            Unit.BYTES,
            (Query(worst("axial_index_files_disk_size_bytes")),),
            Limits(1e18),
        ),
        Panel(
            "Share of MaximumStorageSize",
            "At 1 patients are recycled, or instances refused, as MaximumStorageMode says; 0 without a limit.",
            Unit.SHARE,
            (
                Query(
                    or_zero(
                        f"{worst('axial_index_files_disk_size_bytes')}"
                        f" / ({worst('axial_index_files_limit_bytes')} > 0)"
                    )
                ),
            ),
            Limits(0.9, 0.98),
        ),
        Panel(
            "Damaged files",
            "Found by the scrub: GET /tools/damaged-blobs names them, and the keys under which a backup has them.",
            Unit.COUNT,
            (Query(f"sum({worst('axial_index_damaged_blobs', 'damage')})"),),
            Limits(1, 1),
        ),
        Panel(
            "Resources",
            "Patients, studies, series and instances.",
            Unit.COUNT,
            (Query(worst("axial_index_resources", "level"), "{{level}}"),),
        ),
        Panel(
            "What takes how much?",
            "Files as they came and as they are kept; those that were deleted and can still come back; the database;"
            " the log and the stream FEED, of one of their replicas.",
            Unit.BYTES,
            (
                Query(worst("axial_index_files_size_bytes"), "files as they came"),
                Query(worst("axial_index_files_disk_size_bytes"), "files as kept"),
                Query(worst("axial_index_trash_size_bytes"), "files in the trash"),
                Query(worst("axial_index_database_size_bytes"), "database"),
                Query(worst("axial_index_log_size_bytes"), "log"),
                Query(worst("axial_changefeed_feed_stream_size_bytes"), "stream FEED"),
            ),
        ),
        Panel(
            "Room on disks",
            "Of spool, of blobs in a folder, and of engines on the same machine. With none left ingest answers 507.",
            Unit.BYTES,
            (
                Query(f"min by ({_DISKS}) (axial_ingest_disk_free_bytes)", "{{job}}: {{disk}}"),
                Query(f"min by ({_DISKS}) (axial_router_disk_free_bytes)", "{{job}}: {{disk}}"),
            ),
        ),
        Panel(
            "The log grows",
            "Events appended in a second. It is never shortened: plan its disk by this.",
            Unit.PER_SECOND,
            (Query("max(deriv(axial_index_log_end[$__rate_interval]))"),),
        ),
        Panel(
            "Blobs to be removed",
            "Of deleted and replaced instances. What only grows: the blob store refuses, see the index's log.",
            Unit.COUNT,
            (Query(worst("axial_index_garbage_blobs"), "waiting"),),
        ),
        Panel(
            "Patients recycled",
            "In a second, to make room (MaximumStorageSize, MaximumPatientCount).",
            Unit.PER_SECOND,
            (Query(rate("axial_index_recycled_patients_total")),),
        ),
        Panel(
            "How far has the scrub come?",
            "Share of the present walk over all blobs; it should reach 1 once in AXIAL_SCRUB_DAYS.",
            Unit.SHARE,
            (Query(worst("axial_index_scrub_position_ratio"), "present walk"),),
        ),
        Panel(
            "What the scrub reads",
            "Bytes in a second, at most AXIAL_SCRUB_BYTES_PER_SECOND.",
            Unit.BYTES_PER_SECOND,
            (Query(rate("axial_index_scrubbed_bytes_total")),),
        ),
    ),
)
