"""What a server asks for by Retry-After (RFC 9110, section 10.2.3)."""

import email.utils
import re
from datetime import UTC, datetime

_SECONDS = re.compile(r"[0-9]{1,9}")


def retry_after(text: str, now: datetime | None = None) -> float | None:
    """Read the header in either of its forms, in seconds; None when it is neither."""
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # asctime's form, and -0000, name no zone: it is UTC
        moment = moment.replace(tzinfo=UTC)
    return max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0)
