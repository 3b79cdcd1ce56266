"""One script of requests, put to Orthanc and to Axial, and the differences between their answers."""
