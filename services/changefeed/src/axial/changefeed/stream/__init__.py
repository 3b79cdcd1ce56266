"""The whole history as JetStream stream `FEED`: a message's sequence in the stream is the change's `Seq`.

`publisher` takes entries where the stream ends and appends them, on the replica that `leadership` elects.
`message` is one entry's subject, headers and body; `feed_stream` keeps the promise about its sequence;
`stream_config` says which streams can keep it. `metrics` counts.
"""
