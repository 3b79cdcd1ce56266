"""The DICOM gateway: what modalities, workstations and other archives speak to; the protocol itself is `axial.dimse`.

access        who may associate, and as what
offer         what a peer may do here, as SOP classes with their transfer syntaxes
serving       one association: request after request to its operation
operations    C-ECHO, C-STORE, …
destinations, background      where a C-MOVE sends to, and what goes on after its answer
index_client  where answers come from
"""
