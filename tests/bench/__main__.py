"""`make bench`: measures a started Waybill and prints one table; `bench.json` goes into the data directory.

Every figure is a ratio to something plain, measured in the same run against the same PostgreSQL.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tests.bench import audit, backlog, deletion, delivery, finished, intake, live, size, soak
from tests.bench.row import Row
from tests.bench.started import Started, start

MEASURES: tuple[Callable[[Started, float], Row | list[Row]], ...] = (
    delivery.acceptance,
    intake.intake_of_one,
    intake.intake_of_a_hundred,
    intake.intake_of_kinds,
    delivery.delivery,
    backlog.rate_limited,
    finished.piled_up,
    deletion.deletion,
    audit.intake_with_the_log,
    audit.verification,
    size.size,
    live.pulses,
)


def main() -> int:
    """Measure everything and print the table."""
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("--data", type=Path, default=Path(os.environ.get("WAYBILL_DATA") or "var"))
    options.add_argument("--seconds", type=float, default=8.0, help="how long each load lasts")
    options.add_argument("--soak", type=float, default=0.0, metavar="MINUTES", help="a steady load, and nothing else")
    options.add_argument("--only", default="", help="a module's name, or part of a measure's")
    asked = options.parse_args()
    # A module's whole name goes before a part of one: `live` is in `delivery`.
    chosen = [measure for measure in MEASURES if measure.__module__.endswith(f".{asked.only}")] or [
        measure for measure in MEASURES if asked.only in f"{measure.__module__}.{measure.__name__}"
    ]
    with start(asked.data.resolve() / "bench") as started:
        if asked.soak:
            measured: list[Row | list[Row]] = [soak.soak(started, asked.soak)]
        else:
            measured = [measure(started, asked.seconds) for measure in chosen]
        rows = [row for found in measured for row in (found if isinstance(found, list) else [found])]
    report = {"machine": _machine(), "postgresql": started.postgresql, "rows": [asdict(row) for row in rows]}
    asked.data.mkdir(parents=True, exist_ok=True)
    (asked.data / "bench.json").write_text(json.dumps(report, indent=2) + "\n")
    print(_table(rows, report["machine"], started.postgresql))
    return 0


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def _table(rows: list[Row], machine: str, postgresql: str) -> str:
    lines = [f"{machine}, PostgreSQL {postgresql}", ""]
    lines.append(f"{'':42}{'Waybill':>12}{'plain':>12}  {'unit':16}{'ratio':>8}  aim")
    for row in rows:
        plain = f"{row.theirs:,.0f}" if row.theirs is not None else ""
        ours = f"{row.ours:,.0f}" if row.theirs is not None else f"{row.ours:.3f}"
        mark = "reached" if row.reached else "NOT REACHED"
        ratio = f"{row.ratio:.2f}" if row.theirs is not None else ""
        lines.append(f"{row.name:42}{ours:>12}{plain:>12}  {row.unit:16}{ratio:>8}  {row.aim} {mark}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
