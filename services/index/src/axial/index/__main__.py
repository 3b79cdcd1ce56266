"""Run the index service."""

from axial.common.service import run
from axial.index.app import build
from axial.index.settings import IndexSettings

if __name__ == "__main__":
    run("index", IndexSettings, build)
