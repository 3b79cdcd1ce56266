"""Run the service: `python -m axial.changefeed`."""

from axial.common.starting import importing

with importing():
    from axial.changefeed.app import SCHEMAS, build
    from axial.changefeed.settings import ChangefeedSettings
    from axial.common.migrating import migrate_instead
    from axial.common.service import run

if __name__ == "__main__":
    migrate_instead("changefeed", SCHEMAS)
    run("changefeed", ChangefeedSettings, build)
