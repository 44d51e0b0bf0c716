"""Whatever the ledger went through, the preview of a clean-up by properties shows exactly what Jira loses."""

import os
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from devops_sync import errands, feeding, ledger
from devops_sync.deletions import Asked
from devops_sync.jira import keys
from devops_sync.kinds import KINDS
from devops_sync.models import Cleanup, Lane, Site
from tests.errands.conftest import deliver
from tests.errands.conftest import work as send_again
from tests.payloads import branch, build, bulk_of, commit, deployment, repository
from tests.sandbox_process import Sandbox

from .conftest import EVERYTHING, confirm, plan, work

EXAMPLES = int(os.environ.get("LEDGERS", "10"))
UNKNOWN = ["NOWHERE-1"]

_numbers, _sequences = st.integers(1, 2), st.integers(1, 4)
_pairs = st.fixed_dictionaries({"account": st.sampled_from("ab")}, optional={"tool": st.sampled_from("xy")})
_fates = st.sampled_from(["taken", "taken", "rejected"])
_apis = st.sampled_from(EVERYTHING)
_submits = st.tuples(st.just("submit"), _apis, _numbers, _sequences, _pairs, _fates)
_keys = st.tuples(
    st.just("delete"),
    st.sampled_from(["deployment", "build", "repository", "commit"]),
    _numbers,
    st.none() | _sequences,
)
_sweeps = st.tuples(st.just("sweep"), _apis, _pairs, st.none() | _sequences)
_delivers = st.tuples(st.just("deliver"))
_resends = st.tuples(st.just("resend"), st.booleans())
_acts = st.lists(_submits | _submits | _keys | _sweeps | _delivers | _resends, min_size=1, max_size=14)
# What waits in the end would be taken: Jira's word about the others cannot be known beforehand.
_waiting = st.lists(st.tuples(st.just("submit"), _apis, _numbers, _sequences, _pairs, st.just("taken")), max_size=3)
_filters = st.dictionaries(st.sampled_from(["account", "tool"]), st.sampled_from("abxy"), max_size=2)


class World:
    """One example's corner of the site: everything in it has the property `run`."""

    def __init__(self, site: Site, sandbox: Sandbox):
        self.site, self.sandbox = site, sandbox
        self.run = uuid.uuid4().hex[:8]

    def perform(self, acts: Iterable[tuple[Any, ...]]) -> None:
        for what, *arguments in acts:
            getattr(self, what)(*arguments)

    def deliver(self) -> None:
        deliver(self.site)

    def submit(self, api: str, number: int, sequence: int, pairs: dict[str, str], fate: str) -> None:
        entity = self._entity(api, number, sequence, ["SHOP-1"] if fate == "taken" else UNKNOWN)
        body = bulk_of(api, entity, properties={**pairs, "run": self.run})
        ledger.submit(ledger.Arrival(api, "/bulk", body, timezone.now(), len(body), site=self.site))

    def _entity(self, api: str, number: int, sequence: int, issues: list[str]) -> dict[str, Any]:
        if api == "deployments":
            named = [{"associationType": "issueIdOrKeys", "values": issues}]
            return deployment(number, sequence, pipeline=_pipeline(self.run), associations=named)
        if api == "builds":
            return build(number, sequence, pipelineId=self.run, issueKeys=issues)
        # A repository's own sequence does not follow that of what lies in it.
        inside = [commit(f"c{number}", sequence, issueKeys=issues)]
        branches = [branch("main", sequence)] if number == 2 else []
        return repository(f"{self.run}-{(number + sequence) % 2}", 5 - sequence, commits=inside, branches=branches)

    def delete(self, kind: str, number: int, until: int | None) -> None:
        api = {"deployment": "deployments", "build": "builds"}.get(kind, "devinfo")
        key: tuple[str | int, ...] = {
            "deployment": (self.run, "staging", number),
            "build": (self.run, number),
            "repository": (f"{self.run}-{number % 2}",),
            "commit": (f"{self.run}-{number % 2}", f"c{number}"),
        }[kind]
        until = until if api == "devinfo" else None
        ledger.delete(self.site, Asked(api, timezone.now(), kind=kind, key=key, until_sequence=until))

    def sweep(self, api: str, pairs: dict[str, str], until: int | None) -> None:
        until = until if api == "devinfo" else None
        asked = Asked(api, timezone.now(), properties={**pairs, "run": self.run}, until_sequence=until)
        ledger.delete(self.site, asked)

    def resend(self, is_cancelled: bool) -> None:
        """Send everything again, also what was deleted; or think better of it when it is fed."""
        now = timezone.now()
        chosen = {
            name: kind.model._default_manager.filter(property_set__pairs__run=self.run) for name, kind in KINDS.items()
        }
        try:
            errand = errands.plan_resend(self.site, chosen, None, "everything", now, with_deleted=True)
        except errands.Nothing:
            return
        errands.start(errand, None, now)
        if is_cancelled:
            feeding.feed()
            errands.cancel(errand, None, timezone.now())
        else:
            send_again(errand)

    def alive(self) -> dict[str, set[tuple[str | int, ...]]]:
        """What the ledger says Jira may hold."""
        found: dict[str, set[tuple[str | int, ...]]] = {}
        for name, kind in KINDS.items():
            rows = kind.model._default_manager.filter(deleted_at=None, property_set__pairs__run=self.run)
            found[name] = {keys.parts(row.entry.key) for row in rows.select_related("entry")}
        return found

    def held(self) -> dict[str, set[tuple[str | int, ...]]]:
        kinds = ("deployment", "build", "repository", "commit", "branch")
        found = {kind: self.sandbox.held(kind=kind) for kind in kinds}
        return {kind: {key for key in held if str(key[0]).startswith(self.run)} for kind, held in found.items()}


def _pipeline(name: str) -> dict[str, str]:
    return {"id": name, "displayName": name, "url": "https://ci.example/p"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=_acts, waiting=_waiting, chosen=_filters, until=st.none() | _sequences)
def test_the_preview_is_what_jira_loses(
    site: Site,
    sandbox: Sandbox,
    acts: list[tuple[Any, ...]],
    waiting: list[tuple[Any, ...]],
    chosen: dict[str, str],
    until: int | None,
) -> None:
    world = World(site, sandbox)
    world.perform([*acts, ("deliver",), *waiting])
    before = world.held()
    # Only development information knows sequences in a deletion.
    apis = EVERYTHING if until is None else ("devinfo",)
    cleanup = plan(site, None, apis, until=until, **chosen, run=world.run)
    work(confirm(cleanup, None))
    after = world.held()
    lost = Counter({kind: len(before[kind] - after[kind]) for kind in before})
    shown = Counter({kind: one["in_jira"] for kind, one in cleanup.preview["kinds"].items()})
    note(f"{acts=}\n{waiting=}\n{chosen=} {until=}\n{shown=}\n{lost=} {cleanup.state} {cleanup.stopped_for}")
    event(f"lost {min(lost.total(), 3)}")
    alive = world.alive()
    assert {kind: held - alive[kind] for kind, held in after.items()} == {kind: set() for kind in after}
    assert shown == lost
    assert cleanup.state == Cleanup.State.PROVEN
    assert not Lane.objects.filter(site=site).with_work().exists()
