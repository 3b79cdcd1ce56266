"""Stand-in for the entry point of Postgres's public image: makes the database at first, then becomes the server.

It knows what deploy/compose/compose.yaml says to that image: POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD_FILE and
POSTGRES_INITDB_ARGS, and `postgres -c …` as its command.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def make(data: Path) -> None:
    """Build the cluster aside, and rename it: a kill never leaves half of one."""
    user, password_file = os.environ["POSTGRES_USER"], os.environ["POSTGRES_PASSWORD_FILE"]
    unfinished = data.with_name(f"{data.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        (
            *("initdb", f"--pgdata={unfinished}", f"--username={user}"),
            *("--auth=scram-sha-256", f"--pwfile={password_file}"),
            *os.environ.get("POSTGRES_INITDB_ARGS", "").split(),
        ),
        check=True,
    )
    subprocess.run(  # noqa: S603
        ("postgres", "--single", "-D", str(unfinished), "postgres"),  # noqa: S607
        input=f"CREATE DATABASE {os.environ['POSTGRES_DB']}\n",
        text=True,
        check=True,
    )
    with (unfinished / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    with (unfinished / "postgresql.conf").open("a") as settings:
        settings.write("listen_addresses = '*'\nunix_socket_directories = '/tmp'\n")
    unfinished.rename(data)


if __name__ == "__main__":
    folder = Path(os.environ["PGDATA"])
    if not (folder / "PG_VERSION").exists():
        make(folder)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - to be process 1
