"""Named consumers: durable positions in the feed, each moved on at its reader's own pace.

`routes` lets operators make and move them (`administration`), `reading_routes` serves their `readers`; `requests` reads
what both are sent, `rendering` writes what they answer. `batches` gives the next entries of a consumer, `outlook` the
oldest one that it has not acknowledged, both in terms of the `model`. `store` keeps it in schema `changefeed`, and
`news` tells of what others have changed there. `watch` keeps the figures (`metrics`) fresh and moves positions over
what nobody wants. `redelivery` is how a webhook gets one entry again; `opening` puts all of it together.
"""
