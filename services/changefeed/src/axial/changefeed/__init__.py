"""Feed rows in, feeds out: Orthanc's `/changes` and Azure's change feed, over one ordered history.

`__main__` runs and `app` composes, by `settings`. In the order a read meets the packages: `orthanc` answers
`/changes` and `azure` its change feed; `entries` is the whole history in its own terms, which `live` tells to
event streams, `consumers` hand out by name, `push` sends to webhooks and `stream` publishes to NATS. All of them
stand on `reading`, which knows the tables, how far the projection has come, and that no answer may be behind
the log. `metrics` counts. `testing` writes feed rows as the projector does.
"""
