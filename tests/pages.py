"""Which pages there are, read from `dashboard/urls.py`: what is done for every page is measured by it."""

from django.urls import URLPattern, resolve

from dashboard.urls import urlpatterns

# Addresses that look like a page's, and answer with something else: a redirect, or a piece of a page.
NO_PAGES = {"logout", "search", "columns", "saved-view", "saved-view-save", "selection", "pick", "deletion"} | {
    # Half a sign-in, and the way to the provider and back: they lead on, unless one is on that way.
    *("login-code", "login-oidc", "login-oidc-callback")
}
# A page whose address does not end like one.
MORE_PAGES = {"rejected-correct"}


def names() -> set[str]:
    """The names of all pages. An address that does not end in a stroke does something, or gives bytes."""
    found = {_name(one) for one in urlpatterns if str(one.pattern).endswith("/") or not str(one.pattern)}
    found = {name for name in found if not name.startswith("evidence-")}  # They give files.
    return (found | MORE_PAGES) - NO_PAGES


def name_of(address: str) -> str:
    """The name of the page at an address."""
    return resolve(address.partition("?")[0]).url_name or ""


def _name(pattern: URLPattern) -> str:
    assert pattern.name, f"{pattern} has no name"
    return pattern.name
