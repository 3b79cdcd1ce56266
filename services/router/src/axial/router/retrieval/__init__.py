"""C-MOVE and C-GET from modalities.

identifiers   what names something at a modality, as bytes
keys          what names a resource at its level
telling       what went wrong with a modality, in Orthanc's words
bodies        what requests say
remotes       conversations with modalities, which are known by name
wishes        what is to be retrieved
receipts      what has come by a command
numbers       numbers of C-MOVE requests
classes       which kinds of instances to take in by C-GET
job           what both kinds of jobs have in common
moving        jobs by C-MOVE
getting       jobs by C-GET
routes        `/modalities/{id}/move`, `/modalities/{id}/get`
"""
