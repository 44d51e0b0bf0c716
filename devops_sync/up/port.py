"""Ports: whether one is free, and whether a web server behind one answers."""

import http.client
import socket
from pathlib import Path


class Taken(Exception):
    """A port cannot be listened on."""


def require_free(host: str, port: int, mend: str) -> None:
    """Raise `Taken` when the port is in use, with a sentence that ends on the mend."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise Taken(f"{host} is not an address of this machine: give another one with --host.") from None
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
            trial.listen()
        except PermissionError:
            raise Taken(f"This user may not listen on port {port}: {mend}.") from None
        except OSError as error:
            raise Taken(f"Port {port} at {host} is taken ({error.strerror}): {mend}.") from None


def kept_free(note: Path, *, other_than: int) -> int:
    """The port that the note names, if it is still free, else another one, which is noted."""
    try:
        port = int(note.read_text())
        require_free("127.0.0.1", port, "")
        if port == other_than:
            raise Taken
    except (OSError, ValueError, OverflowError, Taken):
        port = other_than
        while port == other_than:  # Nobody listens there yet, so the system may well give it out.
            port = _any_free()
        note.write_text(f"{port}\n")
    return port


def _any_free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return int(trial.getsockname()[1])


def answers(host: str, port: int, path: str, host_header: str) -> bool:
    """Whether a GET is answered by anything but a server's failure."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path, headers={"Host": host_header})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
