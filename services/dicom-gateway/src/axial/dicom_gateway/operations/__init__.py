"""What the gateway does for its peers: one module an operation.

exchange   one request of a peer, and the way to answer it
echo       C-ECHO (PS3.4 annex A)
store      C-STORE (PS3.4 annex B)
questions  what a C-FIND asks of the index, and how a match is told
find       C-FIND (PS3.4 annex C)
levels     the levels of the information models, as peers name them
retrieval  what the identifier of a C-MOVE or a C-GET names
tally      what became of a retrieval's sub-operations
retrieving what C-MOVE and C-GET have in common
move       C-MOVE (PS3.4 annex C)
get        C-GET (PS3.4 annex C)
commitment N-ACTION and N-EVENT-REPORT for storage commitment (PS3.4 annex J)
"""
