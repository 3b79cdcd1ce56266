"""C-STORE as its user (PS3.4 annex B): instances go to a peer, on an association of ours or of its own.

instances   what is to be sent, and where its bytes come from
contexts    which presentation contexts that takes
layouts     a data set's elements in another encoding, their values untouched
recoding    a data set on its way, in another encoding if need be
data_sets   the data set of a file, piece by piece
sub_operation   one C-STORE on an association
sender      instance after instance to one peer
"""
