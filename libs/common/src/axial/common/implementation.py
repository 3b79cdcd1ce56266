"""How Axial names itself to other DICOM applications (PS3.7 D.3.3.2)."""

# Made once from a UUID (PS3.5 B.2), which needs no registered root; it names the product, not a version.
IMPLEMENTATION_CLASS_UID = "2.25.192152916092281918137488962172902648167"
# At most 16 characters.
IMPLEMENTATION_VERSION_NAME = "AXIAL_0_1"
