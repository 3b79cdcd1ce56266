"""The command `axial`."""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from axial.common.logs import configure_logging
from axial.common.starting import PIXELS, importing

# Where each command is: it brings its own imports, and some bring a service's.
_COMMANDS = {
    "up": "axial.cli.commands.up:up",
    "import": "axial.cli.commands.importer:import_",
    "replay": "axial.cli.commands.replay:replay",
    "backup": "axial.cli.commands.backup:backup",
    "restore": "axial.cli.commands.restore:restore_",
    "verify": "axial.cli.commands.verify:verify",
}


def build(asked: Sequence[str] = ()) -> typer.Typer:
    """Assemble the command from the part that is asked for; from all of them when that is none, for the help."""
    app = typer.Typer(
        help="An event-sourced DICOM archive.",
        no_args_is_help=True,
        # A traceback with local variables could show what is in a data set.
        pretty_exceptions_show_locals=False,
    )

    # A callback, or typer would make the only command the whole program.
    @app.callback()
    def axial() -> None:
        pass

    for name in [name for name in asked[:1] if name in _COMMANDS] or _COMMANDS:
        module, _, function = _COMMANDS[name].partition(":")
        app.command(name)(getattr(import_module(module), function))
    return app


def main() -> None:
    """Run the command line."""
    # A command speaks for itself; what the shared modules log is for services.
    configure_logging("axial", "console", "error")
    with importing(without=PIXELS):
        app = build(sys.argv[1:])
    app(prog_name="axial")


if __name__ == "__main__":
    main()
