"""Run the service: `python -m axial.router`."""

from axial.common.starting import importing

with importing():
    from axial.common.migrating import migrate_instead
    from axial.common.service import run
    from axial.router.app import SCHEMAS, build
    from axial.router.settings import RouterSettings

if __name__ == "__main__":
    migrate_instead("router", SCHEMAS)
    run("router", RouterSettings, build)
