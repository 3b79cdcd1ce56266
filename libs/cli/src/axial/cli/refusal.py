"""How a command says that it cannot do what it was asked."""

from typing import NoReturn

import typer


def refuse(why: str) -> NoReturn:
    """Say why on standard error, in one line, and exit with 1."""
    typer.echo(f"axial: {why}", err=True)
    raise typer.Exit(1)
