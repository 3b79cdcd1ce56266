"""Make the base image from Debian's packages, where no registry is at hand: `base.py [TAG]`.

Needs `mmdebstrap` and Docker. The image has what the Dockerfile asks of its base (a Python with `venv`), and this
machine's authorities of TLS, which a network of its own may need for the package index.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_RELEASE = "bookworm"
_PACKAGES = ("ca-certificates", "python3", "python3-venv")
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_CHANGES = (
    "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin",
    f"ENV SSL_CERT_FILE={_AUTHORITIES} PIP_CERT={_AUTHORITIES}",
    'CMD ["python3"]',
)


def default_tag() -> str:
    """Read in the Dockerfile which base it asks for."""
    text = Path(__file__).with_name("Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"^ARG BASE=(\S+)$", text, re.MULTILINE)
    assert found, "the Dockerfile names its base"
    return found[1]


def make(tag: str) -> None:
    """Bootstrap Debian, and give it to Docker under the tag."""
    for program in ("mmdebstrap", "docker"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is needed")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "base.tar"
        subprocess.run(  # noqa: S603 - Debian's bootstrap, with our own words
            (
                *("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(_PACKAGES)}"),
                f"--customize-hook=upload {_AUTHORITIES} {_AUTHORITIES}",
                *(_RELEASE, str(archive)),
            ),
            check=True,
        )
        changes = [word for change in _CHANGES for word in ("--change", change)]
        subprocess.run(("docker", "import", *changes, str(archive), tag), check=True)  # noqa: S603, S607


if __name__ == "__main__":
    make(sys.argv[1] if len(sys.argv) > 1 else default_tag())
