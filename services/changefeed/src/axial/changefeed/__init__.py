"""Feed rows in, feeds out: Orthanc's `/changes` and Azure's change feed, over one ordered history.

In the order a read meets the modules: `__main__` runs and `app` composes, by `settings`. The routes are
`orthanc_changes` (parameters: `orthanc_query`, rendering: `orthanc_rows`, names: `change_types`) and
`azure_changefeed` (versions: `azure_versions`, parameters: `azure_query` and `windows`, rendering:
`azure_entries`, errors: `azure_errors`). They ask `projection` whether the database has reached the end of
the log (`log_end`, through a `shared_call`). `database` lends a `snapshot`, which reads `pages` together with
their `high_water`; `azure_pages` adds `metadata`, encoded once into a `byte_cache`. `metrics` counts.
`testing` writes feed rows as the projector does.
"""
