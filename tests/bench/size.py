"""How fast the pages are when there is much, beside the same pages when there is little.

BENCH_SIZE=5000000 make bench ARGS="--only size"     5 million deployments, as many builds, 2 million of the rest

Both ledgers are served at the same time, and asked by turns: what else the machine does troubles both. The ratio is
that of the work: the time on a processor of web process and database together, which a busy machine stretches least.
The ledgers are kept for the next run when BENCH_KEEP says so, since filling them is what takes long.
"""

import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from devops_sync import environment
from tests.bench import filling
from tests.bench.pages import Page, pages
from tests.bench.row import Row
from tests.bench.started import Started, start

FEW = 50_000
MANY = int(os.environ.get("BENCH_SIZE", "500000"))
TIMES = 40
WARM = 3
RATIO = 1.5
CSV_ROWS = 20_000
# A property that about every fifth deployment and build of the larger site has, see filling.sql.
WIDESPREAD = "tier=tier-1"


@dataclass
class Times:
    """Milliseconds, from the first byte that was sent to the last that came; and the work in them."""

    taken: list[float] = field(default_factory=list)
    size: int = 0
    work: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return statistics.median(self.taken)

    @property
    def worked(self) -> float:
        return statistics.median(self.work)

    @property
    def p95(self) -> float:
        return sorted(self.taken)[max(round(len(self.taken) * 0.95) - 1, 0)]


def size(started: Started, _seconds: float) -> list[Row]:
    """Every page at both sizes, and a file of many rows."""
    data = Path(started.up["data"]).parent / "size"
    with _filled(data / str(FEW), FEW) as little, _filled(data / str(MANY), MANY) as much:
        rows = measured(little, much, os.environ.get("BENCH_PAGES", ""))
    if not os.environ.get("BENCH_KEEP"):
        shutil.rmtree(data)
    return rows


def measured(little: Started, much: Started, only: str = "") -> list[Row]:
    """The pages whose name has `only` in it, at both sizes."""
    few, many = _Browser(little), _Browser(much)
    print(f"\n{'p50, p95, work in ms':50}{FEW:>24,}{MANY:>24,}      kB   ratio", flush=True)
    rows = []
    for at_few, at_many in zip(pages(little), pages(much), strict=True):
        if only in at_many.name:
            rows.append(_page(few, many, at_few, at_many))
    if only in "csv":
        rows += _file(many)
    if only in "preview":
        rows.append(_preview(much))
    return rows


def _page(few: "_Browser", many: "_Browser", at_few: Page, at_many: Page) -> Row:
    little, much = Times(), Times()
    for turn in range(-WARM, TIMES):
        for browser, page, times in ((few, at_few, little), (many, at_many, much)):
            before = browser.on_processors()
            took, times.size = browser.ask(page.path)
            after = browser.on_processors()
            if turn >= 0:
                times.taken.append(took)
                times.work.append(sum(at - before.get(pid, 0) for pid, at in after.items()) / 1e6)
    ratio = much.worked / little.worked
    is_fast = at_many.aim is None or much.p95 <= at_many.aim
    mark = ("" if is_fast else " SLOW") + ("" if ratio <= RATIO else " GROWS")
    figures = "".join(f"{one.p50:8.1f}{one.p95:8.1f}{one.worked:8.1f}" for one in (little, much))
    print(f"{at_many.name[:49]:50}{figures}{much.size / 1000:8.0f}{ratio:8.2f}{mark}", flush=True)
    aim = f"≤ {at_many.aim}, ≤ {RATIO}" if at_many.aim else f"≤ {RATIO}"
    return Row(at_many.name, much.p95, little.p95, "ms", ratio, aim, is_fast and ratio <= RATIO)


def _file(browser: "_Browser") -> list[Row]:
    first, per_second = browser.read_file("/deployments/?format=csv", CSV_ROWS)
    print(f"CSV: first byte after {first:.0f} ms, then {per_second:,.0f} rows/s", flush=True)
    return [
        Row("CSV of every deployment, first byte", first / 1000, None, "s", first / 1000, "none set", True),
        Row("CSV of every deployment", per_second, None, "rows/s", per_second, "none set", True),
    ]


def _preview(started: Started) -> Row:
    """What a clean-up by a property that a fifth of all has would delete: two million of ten at 5,000,000."""
    environ = {name: value for name, value in os.environ.items() if name not in environment.VARIABLES}
    environ["WAYBILL_DATA"] = started.up["data"]
    command = [sys.executable, "-m", "tests.bench.previewing", WIDESPREAD]
    found = json.loads(subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout)
    p95 = Times(found["took"]).p95
    print(f"preview of {found['many']:,} entities: p95 {p95:.2f} s", flush=True)
    return Row(f"preview of {found['many']:,} entities, p95", p95, None, "s", p95, "≤ 1.5 s", p95 <= 1.5)


@contextmanager
def _filled(data: Path, rows: int) -> Iterator[Started]:
    """A Waybill with a ledger of so many rows; one that an earlier run left is taken."""
    note = data / "filled"
    if not note.exists():
        with start(data):
            pass  # It makes the tables and a site.
        print(f"filling {rows:,} into {data}", flush=True)
        took = filling.fill(data, rows)
        print(f"filled in {took:.0f} s", flush=True)
        note.touch()
    with start(data, keep=True) as started:
        yield started


class _Browser:
    """Somebody who is signed in, over one kept connection."""

    def __init__(self, started: Started):
        self._web = [pid for pid, command in started.processes() if "granian" in command]
        self._database = int((Path(started.up["data"]) / "postgres" / "postmaster.pid").read_text().split()[0])
        self._host = urlsplit(started.up["url"]).netloc
        self._headers = {"Cookie": self._sign_in(started.up["admin"])}
        self._connection = http.client.HTTPConnection(self._host, timeout=120)

    def _sign_in(self, admin: dict[str, str]) -> str:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request("GET", "/login/")
        answer = connection.getresponse()
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())
        assert found
        cookies = [_cookie(answer)]
        body = urlencode({**admin, "csrfmiddlewaretoken": found[1]})
        connection.request(
            "POST", "/login/", body, {"Cookie": cookies[0], "Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = connection.getresponse()
        answer.read()
        if answer.status != 302:
            raise RuntimeError(f"signing in was answered with {answer.status}")
        return _cookie(answer)

    def on_processors(self) -> dict[int, int]:
        """Nanoseconds on a processor so far, by process: the web's and the database's; under 0 those that ended."""
        server = Path(f"/proc/{self._database}")
        backends = map(int, (server / f"task/{self._database}/children").read_text().split())
        ended = sum(map(int, (server / "stat").read_text().rpartition(")")[2].split()[13:15]))
        return {0: ended * 10**7} | {pid: _on_processor(pid) for pid in (*self._web, *backends)}

    def ask(self, path: str) -> tuple[float, int]:
        """How many milliseconds the answer took, and its bytes."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        took = time.perf_counter() - began
        if answer.status not in (200, 302, 404):
            raise RuntimeError(f"{path} was answered with {answer.status}")
        return took * 1000, len(said)

    def read_file(self, path: str, rows: int) -> tuple[float, float]:
        """Milliseconds to the first byte, and the rows per second of the first so many."""
        connection = http.client.HTTPConnection(self._host, timeout=120)
        began = time.perf_counter()
        connection.request("GET", path, headers=self._headers)
        answer = connection.getresponse()
        answer.read(1)
        first = time.perf_counter() - began
        lines = 0
        while lines < rows and (piece := answer.read(65536)):
            lines += piece.count(b"\n")
        took = time.perf_counter() - began - first
        connection.close()
        return first * 1000, lines / took


def _on_processor(pid: int) -> int:
    """Nanoseconds; 0 when it ended meanwhile."""
    try:
        return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    except OSError:
        return 0


def _cookie(answer: http.client.HTTPResponse) -> str:
    return "; ".join(value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie") or [])
