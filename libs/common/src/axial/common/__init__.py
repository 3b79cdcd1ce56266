"""What Axial's services share, one subject a module.

A process starts with `settings`, `configuration`, `logs`, `metrics`, `auth` and `service`. DICOM as values is
`header` (with `scan`, `elements`, `file_meta`, `deflate`), `identifiers`, `attributes`, `dicom_json`. Bytes go to
`blobs`. The log is `events`, `upcasters`, `event_log`, `log_reader`, `recorded`, `outcomes`, `outcome_inbox`, over
`nats`; the projection's database is `postgres` and `migrate`. What went wrong is in `errors` and `problems`;
time as the feeds count it is in `ticks`.
"""
