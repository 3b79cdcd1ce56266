"""C-ECHO, C-FIND, C-MOVE, C-GET, storage commitment (PS3.4 annexes A, C and J), on an association of ours.

proposals      which presentation contexts a question takes
conversation   requests and their responses on one association
counts         how far a peer is with the sub-operations of a retrieval
echo           C-ECHO
find           C-FIND
move           C-MOVE
get            C-GET, whose instances come in on the same association
commitment     storage commitment, asked for and reported
"""
