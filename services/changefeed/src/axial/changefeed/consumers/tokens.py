"""Tokens of named consumers: kept by their digests, so that who reads the database cannot use them."""

import hashlib
import re
import secrets

from axial.common.access.credentials import CONSUMER_TOKEN_PREFIX

_RANDOM_BYTES = 32
_TOKEN = re.compile(CONSUMER_TOKEN_PREFIX + r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Make a token that nobody guesses; it is told once."""
    return CONSUMER_TOKEN_PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def digest_of(token: str) -> bytes | None:
    """Return what a token is kept by; None for what is none.

    A token is as random as its digest is long: what slows down guessing passwords has no use here.
    """
    if not _TOKEN.fullmatch(token):
        return None
    return hashlib.sha256(token.encode("ascii")).digest()
