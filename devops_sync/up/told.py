"""SIGTERM, Ctrl-C and a closed terminal all say the same: stop. They arrive as KeyboardInterrupt."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_waiting = False
_told = False


def listen() -> None:
    """From now on a signal raises KeyboardInterrupt, wherever the program is."""
    for sign in _SIGNALS:
        if sign != signal.SIGHUP or signal.getsignal(sign) != signal.SIG_IGN:  # nohup
            signal.signal(sign, _hear)


def ignore() -> None:
    """Being stopped already, hear no more of it: every step of stopping has its own time limit."""
    for sign in _SIGNALS:
        signal.signal(sign, signal.SIG_IGN)


@contextmanager
def not_now() -> Iterator[None]:
    """Hear a signal only after this step, which would leave something behind if it were cut short."""
    global _waiting
    _waiting = True
    try:
        yield
    finally:
        _waiting = False
    if _told:
        raise KeyboardInterrupt


def _hear(_: int, __: FrameType | None) -> None:
    global _told
    first, _told = not _told, True
    if first and not _waiting:
        raise KeyboardInterrupt
