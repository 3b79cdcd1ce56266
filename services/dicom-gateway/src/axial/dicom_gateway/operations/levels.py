"""The levels of the Query/Retrieve information models, as peers name them."""

from collections.abc import Mapping

from axial.common.identifiers import Level

#: Orthanc's `StringToResourceType`, which takes more than the standard's four.
LEVELS: Mapping[str, Level] = {
    "PATIENT": Level.PATIENT,
    "PATIENTS": Level.PATIENT,
    "STUDY": Level.STUDY,
    "STUDIES": Level.STUDY,
    "SERIES": Level.SERIES,
    "IMAGE": Level.INSTANCE,
    "IMAGES": Level.INSTANCE,
    "INSTANCE": Level.INSTANCE,
    "INSTANCES": Level.INSTANCE,
}
