"""Routes for our own services: the edge lets nobody else through to them."""

import ipaddress

from starlette.requests import Request

from axial.common.configuration import Configuration
from axial.common.errors import Forbidden
from axial.common.service import username


def refuse_strangers(request: Request, configuration: Configuration) -> None:
    """Let a service's bearer token pass; without credentials to tell by, loopback alone. Else raise Forbidden.

    The door before us refuses users with the same answer; without credentials nothing but this does.
    """
    if configuration.authentication_required:
        if username(request) != "":
            raise Forbidden
    elif request.client is None or not _is_loopback(request.client.host):
        raise Forbidden


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
