"""Run the service: `python -m axial.router`."""

from axial.common.service import run
from axial.router.app import build
from axial.router.settings import RouterSettings

if __name__ == "__main__":
    run("router", RouterSettings, build)
