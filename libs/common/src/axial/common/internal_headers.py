"""Headers that services of ours send one another with instances; percent-encoded, and never a client's.

They are read by routes below `/internal` only, which the edge lets nobody reach.
"""

REMOTE_IP = "Axial-Remote-IP"
REMOTE_AET = "Axial-Remote-AET"
CALLED_AET = "Axial-Called-AET"
#: What the C-STORE request calls the instance: the data set must say the same.
SOP_CLASS_UID = "Axial-SOP-Class-UID"
SOP_INSTANCE_UID = "Axial-SOP-Instance-UID"
#: What ingest answers: how the REST API names the instance.
INSTANCE_ID = "Axial-Instance-ID"
