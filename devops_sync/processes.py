"""Whether processes have ended. A zombie has: it only waits for a parent that may never look, as in a container."""

import time

import psutil


def has_ended(process: psutil.Process) -> bool:
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return not process.is_running()
        process.wait(0)
    except psutil.Error:
        pass
    return True


def still_running(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended, for so long at most, and give those that have not."""
    deadline = time.monotonic() + seconds
    while left := [process for process in processes if not has_ended(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    return left
