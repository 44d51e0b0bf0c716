"""A hundred people with a page open: what their pulses cost the web process, quiet and while submissions come in."""

import html
import itertools
import json
import os
import re
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.bench.row import Row
from tests.bench.started import Started
from tests.payloads import bulk, deployment

PAGES = 100
PER_SECOND = 5
_PULSE = re.compile(r'<div id="pulse"[^>]*hx-get="([^"]*)" hx-trigger="every (\d+)ms[^>]*hx-headers=\'([^\']*)\'')
_VALUES = re.compile(r"hx-vals='([^']*)'")
_AS_OF = "Waybill-As-Of"
# What people have open: lists most of all.
_OPEN = ("/deployments/", "/", "/deployments/?state=successful", "/builds/", "/deliveries/", "/submissions/")


@dataclass
class Heard:
    """What came back, over all pages."""

    same: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    bytes: int = 0
    wrong: list[str] = field(default_factory=list)


def pulses(started: Started, seconds: float) -> list[Row]:
    """First nothing happens, then a few submissions a second, each of which wakes the worker too."""
    session = _signed_in(started)
    for number in range(1, 61):
        _submit(started, number)
    started.settle()
    quiet = _measure(started, session, seconds, pages=PAGES, per_second=0)
    busy = _measure(started, session, seconds, pages=PAGES, per_second=PER_SECOND)
    *_, alone = _measure(started, session, seconds, pages=0, per_second=PER_SECOND)
    return [
        *_rows("nothing happens", *quiet),
        *_rows(f"{PER_SECOND} submissions/s", *busy),
        Row("  share without any page open", alone, None, "of 1", alone, "", True),
    ]


def _rows(when: str, heard: Heard, seconds: float, share: float) -> list[Row]:
    asked = len(heard.same) + len(heard.changed)
    if heard.wrong:
        raise RuntimeError(f"a pulse was answered {heard.wrong[0]}")
    found = [
        Row(f"{PAGES} pages, {when}", asked / seconds, None, "pulses/s", 0, "", True),
        Row("  share of one core, web", share, None, "of 1", share, "", True),
        Row("  unchanged, p95", _p95(heard.same) * 1000, None, f"ms ({len(heard.same)})", 0, "", True),
    ]
    if heard.changed:
        found.append(Row("  changed, p95", _p95(heard.changed) * 1000, None, f"ms ({len(heard.changed)})", 0, "", True))
    return [*found, Row("  answers", heard.bytes / seconds / 1000, None, "kB/s", 0, "", True)]


def _measure(
    started: Started, session: requests.Session, seconds: float, *, pages: int, per_second: int
) -> tuple[Heard, float, float]:
    """What the pages heard, for how long, and how much of a core the web processes used."""
    heard, stop = Heard(), threading.Event()
    followers = [
        threading.Thread(target=_follow, args=(started, session, address, number / PAGES, heard, stop))
        for number, address in zip(range(pages), itertools.cycle(_OPEN), strict=False)
    ]
    for follower in followers:
        follower.start()
    # Opening a hundred pages at once is not what is measured.
    time.sleep(12 if pages else 0)
    heard.same, heard.changed, heard.bytes = [], [], 0
    before, began = _spent(started), time.monotonic()
    for number in itertools.count(int(time.time())):
        if time.monotonic() - began >= seconds:
            break
        if per_second:
            _submit(started, number)
        time.sleep(1 / (per_second or 1))
    took = time.monotonic() - began
    spent = _spent(started) - before
    stop.set()
    for follower in followers:
        follower.join()
    return heard, took, spent / took


def _follow(
    started: Started, session: requests.Session, address: str, offset: float, heard: Heard, stop: threading.Event
) -> None:
    """One open page, as its script follows it."""
    time.sleep(offset * 8)
    own = requests.Session()
    own.cookies.update(session.cookies)
    pulse = own.get(f"{started.up['url']}{address}", timeout=60).text
    as_of = ""
    while not stop.is_set():
        found = _PULSE.search(pulse)
        if not found:
            heard.wrong.append(f"without a pulse: {address}")
            return
        where, every, headers = (html.unescape(part) for part in found.groups())
        values = _VALUES.search(pulse)
        if stop.wait(int(every) / 1000):
            return
        sent = json.loads(headers) | {"HX-Request": "true"} | ({_AS_OF: as_of} if as_of else {})
        parameters = json.loads(html.unescape(values[1])) if values else {}
        began = time.perf_counter()
        answer = own.get(f"{started.up['url']}{where}", params=parameters, headers=sent, timeout=60)
        took = time.perf_counter() - began
        as_of = answer.headers.get(_AS_OF, "")
        heard.bytes += len(answer.content)
        if answer.status_code == 200:
            heard.changed.append(took)
            # A page that is answered to load itself again goes on as it was.
            pulse = answer.text if _PULSE.search(answer.text) else pulse
        elif answer.status_code == 204:
            heard.same.append(took)
        else:
            heard.wrong.append(str(answer.status_code))


def _signed_in(started: Started) -> requests.Session:
    session = requests.Session()
    url = f"{started.up['url']}/login/"
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', session.get(url, timeout=30).text)
    assert token
    asked = {"csrfmiddlewaretoken": token[1], **started.up["admin"]}
    session.post(url, data=asked, headers={"Referer": url}, timeout=30).raise_for_status()
    assert "sessionid" in session.cookies
    return session


def _submit(started: Started, number: int) -> None:
    body = bulk(deployment(number))
    headers = {"Authorization": f"Bearer {started.token}", "Content-Type": "application/json"}
    requests.post(started.bulk(), data=body, headers=headers, timeout=60).raise_for_status()


def _spent(started: Started) -> float:
    """Seconds of processor time that the web processes took so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid, command in started.processes():
        if "granian" in command:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else max(times, default=0.0)
