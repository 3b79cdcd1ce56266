"""Which methods a path has."""

import pytest

from axial.common.operations import operations, read_operations

pytestmark = pytest.mark.unit

_OPERATIONS = read_operations(
    "/instances POST GET\n"
    "/instances/{id} PUT DELETE GET\n"
    "/instances/{id}/content/{path} GET\n"
    "/instances/{id}/raw.gz GET\n"
    "/instances/all POST\n"
    "/{version}/changefeed GET\n"
)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/instances", ("GET", "POST")),
        ("/instances/x", ("GET", "PUT", "DELETE")),
        ("/instances/all", ("GET", "POST", "PUT", "DELETE")),
        ("/instances/x/content/0010-0010/0/0020-0010", ("GET",)),
        ("/instances/x/content/", ()),
        ("/instances/x/raw.gz", ("GET",)),
        ("/instances/x/rawbgz", ()),
        ("/instances/", ()),
        ("/v2/changefeed", ("GET",)),
        ("/v1.0-prerelease/changefeed", ("GET",)),
        ("/w2/changefeed", ()),
        ("/", ()),
    ],
)
def test_methods(path: str, methods: tuple[str, ...]) -> None:
    """Those of all services that have the path, in Orthanc's order; none when it leads nowhere."""
    assert _OPERATIONS.methods(path) == methods


def test_of_this_system() -> None:
    """The table that is shipped tells of more than one service."""
    assert operations().methods("/changes") == ("GET", "DELETE")
    assert operations().methods("/patients/x/protected") == ("GET", "PUT")
