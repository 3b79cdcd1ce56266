"""ZIP archives and DICOM media, made while they are sent.

selection   which resources are asked for, as a tree
walk        the instances in it, page by page, under the names that Orthanc gives them
transcoding these in another transfer syntax
ahead       their bytes, read some way ahead
directory   the DICOMDIR of a medium, written record by record
zipping     the ZIP file, taken piece by piece
packing     both of them together, for threads
stream      all of these, as the body of an answer
"""
