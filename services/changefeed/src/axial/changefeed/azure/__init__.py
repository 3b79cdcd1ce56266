"""Azure's view: `/v1/changefeed`, `/v2/changefeed` and `latest`, with the metadata of the instances."""
