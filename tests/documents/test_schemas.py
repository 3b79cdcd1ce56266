"""`schema.sql` shows what the migrations add up to."""

import pytest
from docs.schemas import ROOT, SCHEMAS, dump

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("schema", "package", "file"), SCHEMAS, ids=lambda value: value[:10])
async def test_schema_is_what_the_migrations_make(
    database_url: str, schema: str, package: str, file: str
) -> None:
    """A reader opens one file, and it is true: run `make docs`."""
    assert await dump(database_url, schema, package) == (ROOT / file).read_text(encoding="utf-8")
