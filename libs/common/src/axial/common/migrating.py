"""The command `python -m axial.<service> migrate`: bring a service's schemas up to date, then end."""

import asyncio
import sys
from collections.abc import Mapping

import asyncpg

from axial.common.logs import configure_logging
from axial.common.migrate import MigrationChanged, SchemaTooNew, prepare_schemas
from axial.common.settings import SchemaSettings

_COMMAND = "migrate"


def migrate_instead(name: str, schemas: Mapping[str, str]) -> None:
    """Migrate and exit, when the command line says so; whoever may do that need not be who serves."""
    if sys.argv[1:] != [_COMMAND]:
        return
    settings = SchemaSettings()
    configure_logging(name, settings.log_format, settings.log_level)
    try:
        asyncio.run(prepare_schemas(settings.database_url, schemas, migrates=True))
    except MigrationChanged as error:
        sys.exit(f"{name}: migration {error} was changed after it had been applied")
    except SchemaTooNew as error:
        sys.exit(f"{name}: {error}")
    except asyncpg.PostgresError as error:
        # Its text is the server's; what kind it is says enough: a wrong password, a right that is missing.
        sys.exit(f"{name}: {type(error).__name__}")
    sys.exit(0)
