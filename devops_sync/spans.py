"""How long something will take, as pages and commands say it alike: nobody knows the next minutes, so it is rounded."""

import datetime as dt


def about(span: dt.timedelta, *, in_seconds: bool = False) -> str:
    """A span that is estimated: "less than a minute", "about 4 min", "about 25 min", "about 3 h", "about 5 d".

    With `in_seconds`, of what is known well enough: "a few seconds", "about 20 s".
    """
    minutes = span / dt.timedelta(minutes=1)
    if minutes < 0.75:
        return _in_seconds(span.total_seconds()) if in_seconds else "less than a minute"
    if minutes < 9.5:
        return f"about {max(round(minutes), 1)} min"
    if minutes < 57.5:
        return f"about {5 * round(minutes / 5)} min"
    hours = minutes / 60
    return f"about {max(round(hours), 1)} h" if hours < 47.5 else f"about {round(hours / 24)} d"


def _in_seconds(seconds: float) -> str:
    return "a few seconds" if seconds < 8 else f"about {max(10 * round(seconds / 10), 10)} s"
