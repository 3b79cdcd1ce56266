"""What can be changed at run time, as it is answered."""

from dataclasses import replace

import pytest
from support.archive import Archive, StandingRuntime

pytestmark = pytest.mark.integration


async def test_each_setting_is_answered_as_it_is_now(archive: Archive) -> None:
    """In the forms of Orthanc: a word, a digit, or a list."""
    runtime: StandingRuntime = archive.app.state.runtime
    first = await archive.json("/tools/accepted-transfer-syntaxes")
    assert first[:2] == ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"]
    assert "1.2.840.10008.5.1.4.1.1.2" in await archive.json("/tools/accepted-sop-classes")
    told = {
        "default-encoding": "Latin1",
        "unknown-sop-class-accepted": "0",
        "metrics": "1",
        "log-level": "default",
        "log-level-http": "default",
    }
    changed = dict(zip(told, ("Thai", "1", "0", "trace", "trace"), strict=True))
    for expected in (told, changed):
        for name, value in expected.items():
            answer = await archive.get(f"/tools/{name}")
            assert (answer.status_code, answer.text) == (200, value), name
            assert answer.headers["content-type"] == "text/plain"
        runtime.settings = replace(
            runtime.settings,
            default_encoding="Thai",
            unknown_sop_class_accepted=True,
            metrics_enabled=False,
            accepted_transfer_syntaxes=(),
            verbosities=("default", "default", "trace", "default", "default", "default", "default"),
        )
    assert await archive.json("/tools/accepted-transfer-syntaxes") == []
