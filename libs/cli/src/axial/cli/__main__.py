"""The command `axial`."""

import typer

from axial.cli.commands.backup import backup
from axial.cli.commands.importer import import_
from axial.cli.commands.replay import replay
from axial.cli.commands.restore import restore_
from axial.cli.commands.up import up
from axial.cli.commands.verify import verify
from axial.common.logs import configure_logging


def build() -> typer.Typer:
    """Assemble the command from its parts."""
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

    app.command()(up)
    app.command("import")(import_)
    app.command()(replay)
    app.command()(backup)
    app.command("restore")(restore_)
    app.command()(verify)
    return app


def main() -> None:
    """Run the command line."""
    # A command speaks for itself; what the shared modules log is for services.
    configure_logging("axial", "console", "error")
    build()(prog_name="axial")


if __name__ == "__main__":
    main()
