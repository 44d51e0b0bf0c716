"""Whether `docs/settings.md` names exactly the variables that there are. `make check` runs it as a program."""

import re
import sys
from pathlib import Path

from devops_sync import environment

DOC = Path(__file__).resolve().parent.parent / "docs" / "settings.md"


def documented() -> list[str]:
    return re.findall(r"^\| `([A-Z_]+)` \|", DOC.read_text(), re.MULTILINE)


def faults() -> list[str]:
    """One sentence for each variable that is missing on either side."""
    known, written = set(environment.VARIABLES), documented()
    return [
        *(f"{name} is missing in docs/settings.md." for name in sorted(known - set(written))),
        *(f"{name} stands in docs/settings.md but nothing reads it." for name in sorted(set(written) - known)),
        *(f"{name} stands in docs/settings.md twice." for name in sorted(known) if written.count(name) > 1),
    ]


if __name__ == "__main__":
    print(*faults(), sep="\n", end="")
    sys.exit(bool(faults()))
