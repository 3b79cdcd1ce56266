"""The DICOM conformance statement as a page: what the running system answers, with every option at its default."""

from importlib.metadata import version

from axial.common.configuration import Configuration
from axial.common.runtime.settings import initial_settings
from axial.index.conformance import statement

_PAGE = """\
# DICOM conformance statement

`GET /tools/dicom-conformance` answers this text for a running system, as it is configured. Here every option is at its
default.

```text
{text}
```
"""


def page() -> str:
    """Write the page."""
    configuration = Configuration()
    text = statement(configuration, initial_settings(configuration), version("axial-index"))
    return _PAGE.format(text=text.strip())
