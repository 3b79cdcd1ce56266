"""The directory store: blobs as files.

store     the port's async face, over a few threads
files     the system calls of a put, a read, a delete
folders   folders opened once, whose writers share their fsyncs
incoming  where a process writes blobs that have no name yet
walk      listing in key order
"""
