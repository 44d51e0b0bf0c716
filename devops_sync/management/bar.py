"""A bar that shows on a terminal how far something is; elsewhere, a line now and then."""

import sys
from time import monotonic

_WIDTH = 30
LINE_SECONDS = 10.0


class Bar:
    """It is drawn on standard error, over itself, and gone at the end.

    Where it is not shown, `told_of` is what the lines begin with that stand in for it; without it there are none.
    """

    def __init__(self, *, is_shown: bool, told_of: str = ""):
        self._is_shown = is_shown
        self._told_of = told_of
        self._told_at = monotonic()
        self._drawn = ""

    def draw(self, share: float | None, said: str) -> None:
        """Show the share, from 0 to 1, where one is known, and a few words."""
        if not self._is_shown:
            self._tell(said)
            return
        filled = "" if share is None else f"[{'#' * int(share * _WIDTH):<{_WIDTH}}] {share:>4.0%}  "
        drawn = f"{filled}{said}"
        if drawn != self._drawn:
            sys.stderr.write(f"\r{drawn:<{len(self._drawn)}}")
            sys.stderr.flush()
            self._drawn = drawn

    def _tell(self, said: str) -> None:
        if self._told_of and monotonic() - self._told_at >= LINE_SECONDS:
            sys.stderr.write(f"{self._told_of}: {said}\n")
            sys.stderr.flush()
            self._told_at = monotonic()

    def end(self) -> None:
        if self._drawn:
            sys.stderr.write(f"\r{' ' * len(self._drawn)}\r")
            sys.stderr.flush()
            self._drawn = ""
