"""C-STORE as its user (PS3.4 annex B): instances go to a peer, on an association of ours or of its own.

instances   what is to be sent, and where its bytes come from
contexts    which presentation contexts that takes
data_sets   the data set of a file, piece by piece
sub_operation   one C-STORE on an association
associations   those that are kept for what is sent next
sender      instance after instance to one peer
"""
