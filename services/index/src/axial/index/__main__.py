"""Run the index service."""

from axial.common.starting import importing

with importing():
    from axial.common.migrating import migrate_instead
    from axial.common.service import run
    from axial.index.app import SCHEMAS, build
    from axial.index.settings import IndexSettings

if __name__ == "__main__":
    migrate_instead("index", SCHEMAS)
    run("index", IndexSettings, build)
