"""The DICOM gateway: what modalities, workstations and other archives speak to.

upper_layer   associations over TCP (PS3.8)
dimse         command sets and what goes with them (PS3.7)
access, tls   who may associate, and as what
offer         what a peer may do here, as SOP classes with their transfer syntaxes
serving       one association: request after request to its operation
operations    C-ECHO, C-STORE, …
sending       instances on their way to a peer
destinations, background      where a C-MOVE sends to, and what goes on after its answer
ingest_client, index_client, index_files   where instances go, and where answers and files come from
"""
