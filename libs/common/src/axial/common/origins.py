"""Where requests come from."""

from starlette.requests import Request

from axial.common.events import Origin
from axial.common.service import username


def origin_of(request: Request) -> Origin:
    """Where a request comes from.

    The address is the client's own when a trusted proxy names it in `X-Forwarded-For`: uvicorn has replaced
    it then. It trusts a proxy on loopback, as well as those listed in its variable `FORWARDED_ALLOW_IPS`.
    """
    address = request.client.host if request.client else ""
    return Origin(protocol="RestApi", remote_ip=address, http_username=username(request))
