"""What Axial's services share, one subject a module.

In the order the data meets them: `settings`, `configuration`, `logs`, `metrics`, `auth`, `service` start a process;
`header`, `identifiers`, `attributes`, `dicom_json` are DICOM as values; `blobs` keeps bytes; `events`,
`upcasters`, `event_log`, `outcomes` are the log; `postgres`, `migrate` the projection's database;
`errors`, `problems` say what went wrong; `ticks` is time as the feeds count it.
"""
