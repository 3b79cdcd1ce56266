"""Run the service: `python -m axial.changefeed`."""

from axial.changefeed.app import build
from axial.changefeed.settings import ChangefeedSettings
from axial.common.service import run

if __name__ == "__main__":
    run("changefeed", ChangefeedSettings, build)
