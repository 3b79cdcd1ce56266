"""The process `python -m axial.ingest`."""

from axial.common.starting import importing

with importing():
    from axial.common.service import run
    from axial.ingest.app import build
    from axial.ingest.settings import IngestSettings

if __name__ == "__main__":
    run("ingest", IngestSettings, build)
