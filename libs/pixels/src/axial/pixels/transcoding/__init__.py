"""Whole files in other transfer syntaxes (PS3.5 sections 8 and 10, annex A).

targets      the transfer syntaxes that files can be written in
forms        how the pixels of a file are written in one of them
encoding     from stored values to an encoded frame, within a worker
performing   a frame in another form, within a worker
recasting    the pixels of a file in another form, frame by frame
attributes   what the data set says of its pixels then
editing      elements of an encoded data set, replaced
datasets     the parts of a file: what precedes its pixels, where these are
files        the result, complete before anybody is given any of it
metrics      what is counted
transcoder   all of these, file by file
"""
