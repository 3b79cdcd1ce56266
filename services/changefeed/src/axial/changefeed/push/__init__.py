"""Webhooks: the feed sent to endpoints, as signed CloudEvents, in order, from the consumers' positions.

`worker` is elected among the replicas and keeps one `pushing` task for each named consumer that has a URL. A
task reads entries behind the consumer's position, writes them as `cloud_events`, signs (`signing`) and sends
(`sending`) them; the endpoint's `delivery` moves the position, or `backoff` says when to try again. `redelivery` sends
one entry now; `routes` has the test button; `metrics` counts; `opening` puts all of it together.
"""
