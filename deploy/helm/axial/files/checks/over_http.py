"""`helm test`: the edge answers, and each service behind it; who is nobody gets nothing."""

import base64
import json
import os
import sys
import urllib.error
import urllib.request

_BASE = os.environ["AXIAL_CHECK_URL"]
# One of each service: index, changefeed twice, router. Nothing is changed by them.
_PATHS = ("/statistics", "/changes?limit=1", "/v1/changefeed?limit=1", "/modalities")
# A service that is just starting answers by then.
_TIMEOUT_SECONDS = 30


def status(path: str, user: tuple[str, str] | None = None, body: bytes | None = None) -> int:
    """Ask, and tell the status of the answer."""
    request = urllib.request.Request(_BASE + path, data=body)  # noqa: S310 - the chart's own URL
    if user is not None:
        token = base64.b64encode(":".join(user).encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def main() -> int:
    """Compare what is answered with what should be."""
    expected = {"/healthz": 200, **dict.fromkeys(_PATHS, 401)}
    found = {path: status(path) for path in expected}
    # Who is registered by the configuration file alone is not known here.
    users = json.loads(os.environ.get("ORTHANC__REGISTERED_USERS", "{}"))
    for user in list(users.items())[:1]:
        expected |= {f"{path}, as a user": 200 for path in _PATHS}
        found |= {f"{path}, as a user": status(path, user) for path in _PATHS}
        # Of ingest: what is not DICOM is refused, and not kept.
        expected["/instances, as a user"] = 400
        found["/instances, as a user"] = status("/instances", user, b"not DICOM")
    for path, code in found.items():
        sys.stdout.write(f"{code} (expected {expected[path]}) {path}\n")
    return int(found != expected)


if __name__ == "__main__":
    sys.exit(main())
