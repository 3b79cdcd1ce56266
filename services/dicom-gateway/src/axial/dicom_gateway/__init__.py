"""The DICOM gateway: what modalities, workstations and other archives speak to; the protocol itself is `axial.dimse`.

access        who may associate, and as what
offer         what a peer may do here, as SOP classes with their transfer syntaxes
serving       one association: request after request to its operation
operations    C-ECHO, C-STORE, …
destinations  where a C-MOVE sends to
router_client   what is handed over, to be done whatever becomes of this process
index_client  where answers come from
"""
