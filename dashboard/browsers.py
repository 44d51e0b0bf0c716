"""What a browser says it is, in two words that a person knows."""

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def described(browser: str) -> str:
    """Such as “Firefox on Linux”; what it said itself where that is not known."""
    name = next((word for sign, word in _BROWSERS if sign in browser), "")
    system = next((word for sign, word in _SYSTEMS if sign in browser), "")
    return " on ".join(word for word in (name, system) if word) or browser[:60] or "unknown"
