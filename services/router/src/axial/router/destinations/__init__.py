"""Where instances are sent to.

port       what all destinations have in common
names      what modalities and peers may be called
known      all destinations, by name
modality   by C-STORE
dimse_verdicts   what its status means
holdings   what a modality has, by C-FIND
peer       to an Orthanc, or another Axial, over HTTP
dicomweb   to a DICOMweb server (STOW-RS)
"""
