"""Where instances are sent to.

port       what all destinations have in common
modality   by C-STORE
peer       to an Orthanc, or another Axial, over HTTP
dicomweb   to a DICOMweb server (STOW-RS)
"""
