"""Exit 0 when the service of this container answers on its own port.

Asked every few seconds for as long as the container lives: so without packages, and with little of Python's own.
"""

import os
import socket
import sys

# Shorter than the container's own patience with this program.
_TIMEOUT_SECONDS = 4.0


def healthy(port: int) -> bool:
    """Ask for /healthz."""
    try:
        with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            status_line = connection.recv(64)
    except OSError:
        return False
    return status_line.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 "))


if __name__ == "__main__":
    sys.exit(not healthy(int(os.environ["AXIAL_LISTEN_PORT"])))
