"""Paths are compared by their segments."""

import pytest

from axial.common.paths import simplest

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("//", "/"),
        ("", ""),
        ("/system", "/system"),
        ("/system/", "/system"),
        ("//system", "/system"),
        ("/patients//x///studies/", "/patients/x/studies"),
        ("/./system/.", "/system"),
        ("/tools/../system", "/system"),
        ("/../../system", "/system"),
        ("/a/b/../../..", "/"),
        ("/a/...", "/a/..."),
        ("/.well-known", "/.well-known"),
    ],
)
def test_the_simplest_form(path: str, expected: str) -> None:
    """As Orthanc's `Toolbox::SplitUriComponents` and the resolving of dots before it have it."""
    assert simplest(path) == expected
