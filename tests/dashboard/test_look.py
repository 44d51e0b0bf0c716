import pytest

from dashboard.templatetags import look


@pytest.mark.parametrize(("size", "said"), [(0, "0 B"), (999, "999 B"), (12_400, "12.4 kB"), (5_000_000, "5.0 MB")])
def test_sizes(size: int, said: str) -> None:
    assert look.filesize(size) == said


@pytest.mark.parametrize("url", ["http://ci.example/1", "https://ci.example:8443/a?b#c"])
def test_web_addresses_may_be_links(url: str) -> None:
    assert look.web(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        None,
        "javascript:alert(1)",
        "JAVASCRIPT://x/%0aalert(1)",
        "java\nscript:x",
        "http:",
        "https://[",
        "mailto:a@b",
    ],
)
def test_anything_else_may_not(url: str | None) -> None:
    assert look.web(url) == ""
