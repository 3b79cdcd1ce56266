"""By what a service is recognised by another one."""

from pydantic import SecretStr


def service_headers(token: SecretStr) -> dict[str, str]:
    """Write the header that carries `AXIAL_INTERNAL_TOKEN`; none where there is no token."""
    secret = token.get_secret_value()
    return {"Authorization": f"Bearer {secret}"} if secret else {}
