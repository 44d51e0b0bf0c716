"""Every page as it is asked for in the measurement at size: a name, and its address in a ledger that was filled."""

from dataclasses import dataclass
from urllib.parse import urlencode

from tests.bench.started import Started


@dataclass(frozen=True)
class Page:
    """One address. `aim` is how many milliseconds it may take, at the 95th of 100; None when none is set."""

    name: str
    path: str
    aim: float | None = 60


def pages(started: Started) -> list[Page]:
    """The overview, each list by each filter and by the likeliest pairs, deep pages, issues, details, the search."""
    return [
        Page("overview", "/", 120),
        Page("overview, one site", "/?site=demo", 120),
        *_deployments(started),
        *_builds(started),
        *_repositories(started),
        *_ledger(started),
        *_issues(),
        *_details(started),
        *_searches(started),
    ]


def _list(path: str, *filters: dict[str, str]) -> list[Page]:
    return [
        Page(
            f"{path} {', '.join(f'{name}={value}' for name, value in one.items())}".strip(), f"{path}?{urlencode(one)}"
        )
        for one in filters
    ]


def _deployments(started: Started) -> list[Page]:
    day, month = _days(started)
    singles = [
        {},
        {"site": "second"},
        {"pipeline": "checkout-api"},
        {"pipeline": "offers-worker"},
        {"environment": "staging"},
        {"environment_type": "production"},
        {"state": "successful"},
        {"state": "failed"},
        {"state": "pending"},
        {"issue": "TEN-1"},
        {"issue": "HOT-1"},
        {"property": "team=team-1"},
        {"property": "accountId=account-140"},
        {"jira": "accepted"},
        {"jira": "rejected"},
        {"jira": "waiting"},
        {"from": day},
        {"to": month},
        {"q": "gateway"},
        {"q": "v1.234"},
        {"q": "checkout"},
        {"q": "nowhere"},
    ]
    pairs = [
        {"pipeline": "checkout-api", "environment": "prod-eu"},
        {"pipeline": "checkout-api", "state": "failed"},
        {"pipeline": "offers-worker", "state": "failed"},
        {"environment": "staging", "state": "failed"},
        {"environment_type": "production", "state": "failed"},
        {"environment_type": "production", "state": "pending"},
        {"site": "second", "pipeline": "checkout-api"},
        {"site": "second", "state": "failed"},
        {"issue": "HOT-1", "environment_type": "production"},
        {"pipeline": "checkout-api", "from": month},
        {"state": "failed", "to": month},
        {"property": "accountId=account-140", "state": "failed"},
        {"q": "v1.234", "environment": "staging"},
    ]
    return [*_list("/deployments/", *singles, *pairs), *_deep(started, "/deployments/", "deployment")]


def _builds(started: Started) -> list[Page]:
    day, month = _days(started)
    singles = [
        {},
        {"site": "second"},
        {"pipeline": "checkout-api"},
        {"pipeline": "offers-worker"},
        {"state": "successful"},
        {"state": "failed"},
        {"state": "pending"},
        {"issue": "TEN-1"},
        {"issue": "HOT-1"},
        {"property": "team=team-1"},
        {"property": "accountId=account-140"},
        {"jira": "rejected"},
        {"from": day},
        {"to": month},
        {"q": "gateway"},
        {"q": "#1234"},
    ]
    pairs = [
        {"pipeline": "checkout-api", "state": "failed"},
        {"site": "second", "state": "failed"},
        {"issue": "HOT-1", "state": "failed"},
    ]
    return [*_list("/builds/", *singles, *pairs), *_deep(started, "/builds/", "build")]


def _repositories(started: Started) -> list[Page]:
    filters = [{}, {"site": "second"}, {"issue": "TEN-1"}, {"issue": "HOT-1"}, {"q": "checkout"}, {"jira": "accepted"}]
    busiest = started.query("SELECT repository_id, site_id FROM commit GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1")[0]
    pk = started.query("SELECT id FROM repository WHERE repository_id = %s AND site_id = %s", *busiest)[0][0]
    tabs = [Page(f"the busiest repository, {tab}", f"/repositories/{pk}/?show={tab}") for tab in TABS]
    return [*_list("/repositories/", *filters), *tabs]


TABS = ("commits", "branches", "pull_requests")


def _ledger(started: Started) -> list[Page]:
    day, month = _days(started)
    submissions = [{}, {"site": "second"}, {"show": "refused"}, {"show": "rejected"}, {"from": day}, {"to": month}]
    deliveries = [{}, {"site": "second"}, {"verdict": "later"}, {"verdict": "refused"}, {"verdict": "held"}]
    deliveries += [{"from": day}, {"to": month}]
    (submission,) = started.query(
        "SELECT id FROM submission ORDER BY id OFFSET %s LIMIT 1", _middle(started, "submission")
    )[0]
    (delivery,) = started.query("SELECT id FROM delivery ORDER BY id OFFSET %s LIMIT 1", _middle(started, "delivery"))[
        0
    ]
    return [
        *_list("/submissions/", *submissions),
        Page("/submissions/ deep", f"/submissions/?after={submission}"),
        *_list("/deliveries/", *deliveries),
        Page("/deliveries/ deep", f"/deliveries/?after={delivery}"),
        Page("/deliveries/rejected/", "/deliveries/rejected/"),
        Page("/deliveries/drift/", "/deliveries/drift/"),
        Page("/quiet/", "/quiet/"),
        Page("a submission", f"/submissions/{submission}/"),
        Page("a delivery", f"/deliveries/{delivery}/"),
    ]


def _issues() -> list[Page]:
    return [
        Page("/issues/", "/issues/"),
        Page("/issues/ project=SHOP", "/issues/?project=SHOP"),
        Page("an issue with 10 events", "/issues/TEN-1/"),
        Page("an issue with 20,000 events", "/issues/HOT-1/"),
    ]


def _details(started: Started) -> list[Page]:
    found = []
    for table, folder in (
        ("deployment", "deployments"),
        ("build", "builds"),
        ("commit", "commits"),
        ("branch", "branches"),
        ("pull_request", "pull-requests"),
    ):
        (pk,) = started.query(f"SELECT id FROM {table} ORDER BY id DESC OFFSET 1000 LIMIT 1")[0]
        found.append(Page(f"a {table.replace('_', ' ')}", f"/{folder}/{pk}/"))
    return found


def _searches(started: Started) -> list[Page]:
    (commit,) = started.query("SELECT ident FROM commit ORDER BY id DESC OFFSET 1000 LIMIT 1")[0]
    asked = {"an issue": "HOT-1", "a hash": commit[:9], "a number": "#1234", "a word": "gateway"}
    return [Page(f"search for {what}", f"/search/?{urlencode({'q': text})}") for what, text in asked.items()]


def _deep(started: Started, path: str, table: str) -> list[Page]:
    """The page that begins in the middle of all."""
    statement = f"SELECT changed_at, id FROM {table} WHERE id = %s"
    at, pk = started.query(statement, _middle(started, table))[0]
    place = urlencode({"after": f"{at.isoformat()},{pk}"})
    return [Page(f"{path} deep", f"{path}?{place}"), Page(f"{path} state=failed, deep", f"{path}?state=failed&{place}")]


def _middle(started: Started, table: str) -> int:
    return int(started.query(f"SELECT count(*) FROM {table}")[0][0]) // 2


def _days(started: Started) -> tuple[str, str]:
    """Yesterday, and the day 30 days ago."""
    (found,) = started.query("SELECT current_date - 1, current_date - 30")
    return found[0].isoformat(), found[1].isoformat()
