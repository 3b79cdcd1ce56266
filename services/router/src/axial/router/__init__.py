"""The router: everything outbound.

parts          what all parts of this service are given
bell, presence   how replicas wake one another, and know who is alive
index_client   what the index is asked
bodies, uploads   what comes with a request, whole or piece by piece
exports        what was sent, told to the log
destinations   where instances are sent to: modalities, peers, DICOMweb servers, all by one port
modalities     remote modalities: who they are, echo, store
peers          peers over HTTP: who they are, store, system
queries        C-FIND at modalities, and their answers, kept
retrieval      C-MOVE and C-GET from modalities
jobs           long work, kept in Postgres, shared by all replicas
rules          which changes mean which deliveries
deliveries     instances on their way to destinations, until they are there
commitment     storage commitment, asked for by us and of us
"""
