"""Boolean arguments of a query, read as Orthanc reads them."""

from starlette.datastructures import QueryParams

from axial.common.errors import BadParameter


def flag(query: QueryParams, name: str, *, absent: bool) -> bool:
    """Read a Boolean; an argument without a value is true (Orthanc's `GetBooleanArgument`)."""
    match query.get(name):
        case None:
            return absent
        case "" | "1" | "true":
            return True
        case "0" | "false":
            return False
    raise BadParameter(f"Expected a Boolean for argument {name}")
