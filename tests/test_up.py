"""`manage.py up`: what it starts, what it says, and that nothing of it is left."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import requests

from devops_sync import embedded
from devops_sync.up import hold
from tests import needs, started, tables
from tests.started import ROOT, free_port, launch, said_by, start

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory; whatever a failed test leaves running there is ended."""
    yield tmp_path / "var"
    for process in of(tmp_path / "var"):
        process.kill()


def of(data: Path) -> list[psutil.Process]:
    """Every process that belongs to this data directory: by its environment, or, as PostgreSQL, by its folder."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _belongs(process, data)]


def _belongs(process: psutil.Process, data: Path) -> bool:
    try:
        if process.environ().get("WAYBILL_DATA") == str(data):
            return True
        return Path(process.cwd()).is_relative_to(data) or str(data) in " ".join(process.cmdline())
    except psutil.Error:
        return False


def leftovers(data: Path) -> list[str]:
    """Sockets, locks and notes of running things in the data directory."""
    names = ("up.lock", "up.json", "postgres.socket", "worker.ready", "postmaster.pid")
    return [str(path) for path in data.rglob("*") if path.is_socket() or path.name in names]


def wait_for(answer: Callable[[], Any], seconds: float = started.START_SECONDS) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := answer():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


def test_everything_answers_and_nothing_is_left_after_sigterm(data: Path) -> None:
    before = time.monotonic()
    up = start(data, fresh=True)
    start_seconds = time.monotonic() - before
    assert answers(up.up["url"])
    assert requests.get(f"{up.up['sandbox_url']}/_edge/tenant_info", timeout=5).json()["cloudId"] == up.up["cloud_id"]
    assert (data / "up.json").stat().st_mode & 0o777 == 0o600
    before = time.monotonic()
    assert up.stop() == 0
    # Where everything takes long, because others are at work, stopping may take as long as starting.
    assert time.monotonic() - before < max(10, start_seconds)
    assert of(data) == []
    assert leftovers(data) == []


def test_up_json_says_what_the_surface_promises(running: started.Up) -> None:
    assert set(running.up) == {"url", "sandbox_url", "site", "cloud_id", "admin", "gateway"}
    assert set(running.up["admin"]) == {"username", "password"}
    assert set(running.up["gateway"]) == {"client_id", "client_secret", "token"}


def test_each_part_has_a_line_when_it_is_ready(running: started.Up) -> None:
    said = running.said.read_text()
    for part in ("database", "tables", "web", "worker", "sandbox"):
        assert f"\n{part:<9} ready in " in f"\n{said}"


def test_another_command_reaches_the_embedded_database(running: started.Up) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "showmigrations", "--plan"]
    run = subprocess.run(
        command,
        env={**os.environ, "WAYBILL_DATA": str(running.data)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "[X]" in run.stdout
    assert "[ ]" not in run.stdout


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_stop_it_too(data: Path, sign: int) -> None:
    assert start(data, "--no-sandbox").stop(sign) == 0
    assert of(data) == []


def test_a_signal_to_everybody_at_once_stops_it(data: Path) -> None:
    up = start(data)
    for process in of(data):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    assert up.process.wait(started.STOP_SECONDS) == 0
    assert of(data) == []
    assert leftovers(data) == []


@pytest.mark.parametrize("after", [0.4, 0.9, 1.4, 2.0])
def test_a_signal_while_it_starts_leaves_nothing(data: Path, after: float) -> None:
    process = launch(data, "--port", str(free_port()))
    time.sleep(after)
    process.terminate()
    process.wait(started.STOP_SECONDS)
    assert of(data) == []
    assert leftovers(data) == []


def test_killed_alone_its_parts_end_and_the_next_one_takes_the_database_over(data: Path) -> None:
    up = start(data)
    port = up.up["url"].rpartition(":")[2]
    postmaster = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
    up.process.kill()
    up.process.wait()
    wait_for(lambda: {process.name() for process in of(data)} == {"postgres"})
    again = start(data, "--port", port)
    assert "which was still running" in again.said.read_text()
    assert int((data / "postgres" / "postmaster.pid").read_text().split()[0]) == postmaster
    assert again.up["sandbox_url"] == up.up["sandbox_url"]
    assert again.stop() == 0
    assert of(data) == []
    assert leftovers(data) == []


def test_killed_with_everything_it_starts_again(data: Path) -> None:
    up = start(data)
    for process in of(data):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    up.process.wait()
    again = start(data, "--port", up.up["url"].rpartition(":")[2])
    assert answers(again.up["url"])
    assert again.up["cloud_id"] == up.up["cloud_id"]
    again.stop()
    assert of(data) == []
    assert leftovers(data) == []


def test_what_a_killed_up_left_is_known_by_its_mark_alone(tmp_path: Path) -> None:
    """The next `up` ends the process that carries the mark, and not the one that merely has the noted number."""
    (tmp_path / "up.lock").write_text(f"{os.getpid()} a-mark")
    left = subprocess.Popen(["sleep", "60"], env={**os.environ, hold.MARK: "a-mark"})
    other = subprocess.Popen(["sleep", "60"], env={**os.environ, hold.MARK: "another-mark"})
    try:
        with hold.hold(tmp_path):
            left.wait(1)  # It has ended; being its parent, this test may still have to take note of it.
            assert other.poll() is None
    finally:
        other.kill()
        other.wait()
    assert not (tmp_path / "up.lock").exists()


@pytest.mark.parametrize("part", ["granian", "celery", "sandbox"])
def test_a_part_that_dies_comes_back(data: Path, part: str) -> None:
    with started.started(data, "--no-demo") as up:
        dead = up.child(part if part != "granian" else "devops_sync.wsgi:application")
        dead.kill()
        wait_for(lambda: up.said.read_text().count("ready in") == 6)
        assert "was ended by signal 9; it is started again" in up.said.read_text()
        assert answers(up.up["url"])


def test_the_database_comes_back_when_it_dies(data: Path) -> None:
    with started.started(data, "--no-sandbox") as up:
        postmaster = psutil.Process(int((data / "postgres" / "postmaster.pid").read_text().split()[0]))
        postmaster.kill()
        wait_for(lambda: up.said.read_text().count("database  ready in") == 2)
        wait_for(lambda: requests.get(f"{up.up['url']}/readyz", timeout=5).status_code == 200)


@pytest.mark.parametrize(("option", "mend"), [("--port", "PORT"), ("--sandbox-port", "--sandbox-port")])
def test_a_taken_port_is_named_with_its_mend(data: Path, option: str, mend: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = (option, port) if option == "--port" else ("--port", str(free_port()), option, port)
        assert launch(data, *options).wait(started.START_SECONDS) == 1
    (line,) = said_by(data).read_text().splitlines()
    assert f"Port {port} " in line
    assert mend in line
    assert of(data) == []
    assert leftovers(data) == []


def test_a_second_one_on_the_same_data_says_so(running: started.Up) -> None:
    second = running.data.with_name("second")
    process = launch(second, environ={"WAYBILL_DATA": str(running.data)})
    assert process.wait(started.START_SECONDS) == 1
    (line,) = said_by(second).read_text().splitlines()
    assert f"already running on {running.data} (process {running.process.pid})" in line
    assert answers(running.up["url"])


def test_it_ends_when_its_data_directory_is_removed(data: Path) -> None:
    up = start(data, "--no-sandbox", "--no-demo")
    shutil.rmtree(data)
    assert up.process.wait(started.STOP_SECONDS) == 1
    assert f"The data directory {data} was removed" in up.said.read_text()


def test_port_comes_from_the_environment(data: Path) -> None:
    port = str(free_port())
    tables.lay(data)
    process = launch(data, "--no-sandbox", "--no-demo", environ={"PORT": port})
    wait_for(lambda: (data / "up.json").exists())
    assert json.loads((data / "up.json").read_text())["url"] == f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(started.START_SECONDS)


def test_without_sandbox_there_is_no_site(data: Path) -> None:
    with started.started(data, "--no-sandbox", "--no-demo") as up:
        assert up.up["sandbox_url"] is None
        assert up.up["site"] is None
        assert up.up["gateway"]["token"] is None


@pytest.mark.parametrize("depth", [120, 20])
def test_a_data_directory_may_lie_deep_and_below_a_private_folder(tmp_path: Path, depth: int) -> None:
    private = tmp_path / ("d" * depth)
    private.mkdir(mode=0o700)
    with started.started(private / "var", "--no-sandbox", "--no-demo", fresh=True) as up:
        socket_folder = Path((up.data / "postgres.socket").read_text().strip())
        assert answers(up.up["url"])
        assert private.stat().st_mode & 0o777 == 0o700
    assert of(up.data) == []
    assert not (socket_folder / ".s.PGSQL.5432").exists()
    assert not socket_folder.exists() or socket_folder == up.data / "postgres"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_can_start_the_database() -> None:
    """In a fork, since the interpreter itself may lie where only root can start it."""
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        data = Path(folder) / "var"
        data.mkdir()
        os.chown(data, nobody.pw_uid, nobody.pw_gid)
        Path(folder).chmod(0o755)
        programs = embedded._programs(nobody)
        child = os.fork()
        if child == 0:
            os._exit(_start_and_stop_as(nobody, data, programs))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert (data / "postgres").stat().st_uid == nobody.pw_uid
        assert leftovers(data) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only for root does the server run as another user")
def test_programs_that_the_servers_user_cannot_reach_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(embedded, "CACHE", Path(folder) / "cache")
        monkeypatch.setattr(embedded, "_can_run", lambda *_: False)
        embedded.start(tmp_path, durable=False)
        try:
            server = psutil.Process(int((tmp_path / "postgres" / "postmaster.pid").read_text().split()[0]))
            assert server.exe().startswith(folder)
        finally:
            embedded.stop(tmp_path)


def _start_and_stop_as(account: pwd.struct_passwd, data: Path, programs: Path) -> int:
    try:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        embedded._programs = lambda _: programs
        embedded.start(data, durable=False)
        running = embedded.is_running(data)
        embedded.stop(data)
        return 0 if running and not embedded.is_running(data) else 1
    except BaseException:
        traceback.print_exc()
        return 2


@pytest.mark.needs("postgres", "rabbitmq")
def test_it_uses_the_given_database_and_broker_instead(data: Path) -> None:
    name = f"waybill_up_{os.getpid()}"
    with psycopg.connect(needs.POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        environ = {
            "DATABASE_URL": needs.POSTGRES.replace("/postgres", f"/{name}").replace(f"//{name}", "//postgres"),
            "CELERY_BROKER_URL": needs.RABBITMQ,
            "SECRET_KEY": "a secret key that is long enough for Waybill, and no secret",
        }
        with started.started(data, "--no-demo", environ=environ, fresh=True) as up:
            assert "database  ready" not in up.said.read_text()
            assert not (data / "postgres").exists()
            assert not (data / "broker").exists()
            with psycopg.connect(environ["DATABASE_URL"]) as connection:
                assert connection.execute("SELECT count(*) FROM django_migrations").fetchone() != (0,)
        assert of(data) == []
    finally:
        with psycopg.connect(needs.POSTGRES, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "postgresql://postgres@127.0.0.1:1/waybill"),
        ("CELERY_BROKER_URL", "amqp://guest:not-to-be-shown@127.0.0.1:1//"),
    ],
)
def test_what_does_not_answer_is_named(data: Path, variable: str, value: str) -> None:
    environ = {variable: value, "SECRET_KEY": "a secret key that is long enough for Waybill, and no secret"}
    tables.lay(data)
    process = launch(data, "--no-sandbox", "--port", str(free_port()), environ=environ)
    assert process.wait(started.START_SECONDS) == 3
    last = said_by(data).read_text().splitlines()[-1]
    assert "cannot be reached" in last or variable in last
    assert "not-to-be-shown" not in last
    assert of(data) == []
