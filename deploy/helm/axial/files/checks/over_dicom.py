"""`helm test`: the gateway accepts an association, and answers a C-ECHO."""

import os
import sys

from pynetdicom import AE

_VERIFICATION = "1.2.840.10008.1.1"


def main() -> int:
    """Ask once."""
    entity = AE(ae_title="HELMTEST")
    entity.add_requested_context(_VERIFICATION)
    host, _, port = os.environ["AXIAL_CHECK_DICOM"].rpartition(":")
    association = entity.associate(host, int(port), ae_title=os.environ["AXIAL_CHECK_AET"])
    if not association.is_established:
        sys.stdout.write("no association\n")
        return 1
    status = association.send_c_echo().get("Status", -1)
    association.release()
    sys.stdout.write(f"C-ECHO: {status:#06x}\n")
    return int(status != 0)


if __name__ == "__main__":
    sys.exit(main())
