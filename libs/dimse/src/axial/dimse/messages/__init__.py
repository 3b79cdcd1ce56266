"""DIMSE messages (PS3.7): command sets as bytes, and what goes with them.

commands      a command set as bytes, and back
status        what a response says
part10        what stands before a data set in a file
identifiers   what a peer asks for
repertoires   character sets in which a data set can be written
elements      data elements made of texts
commitments   what is said of storage commitment
"""
