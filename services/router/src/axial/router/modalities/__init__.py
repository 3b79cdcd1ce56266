"""Remote modalities: who they are, whether they are there, and sending to them by request.

forms      what clients write becomes a modality, or is refused as Orthanc does
managing   who they are: /modalities
echoing    C-ECHO
storing    C-STORE of what is here
straight   C-STORE of what comes with the request
opening    all of it, put together
"""
