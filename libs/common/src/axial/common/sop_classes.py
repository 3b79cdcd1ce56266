"""SOP classes of the services that are no storage (PS3.6 annex A)."""

VERIFICATION = "1.2.840.10008.1.1"
#: Of the push model.
STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"

FIND_CLASSES = (
    "1.2.840.10008.5.1.4.1.2.1.1",  # Patient Root
    "1.2.840.10008.5.1.4.1.2.2.1",  # Study Root
)
MOVE_CLASSES = (
    "1.2.840.10008.5.1.4.1.2.1.2",
    "1.2.840.10008.5.1.4.1.2.2.2",
)
GET_CLASSES = (
    "1.2.840.10008.5.1.4.1.2.1.3",
    "1.2.840.10008.5.1.4.1.2.2.3",
)

PATIENT_ROOT_CLASSES = frozenset({FIND_CLASSES[0], MOVE_CLASSES[0], GET_CLASSES[0]})
"""Of the information model in which a patient is a level of its own (PS3.4 section C.6.1)."""
