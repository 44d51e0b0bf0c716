"""What is in evidence: everything that belongs to its subject, byte by byte, and nothing that does not."""

import hashlib
import json

import pytest
from django.utils import timezone

from devops_sync import delivery, evidence, ledger
from devops_sync.cleanups import forgetting
from devops_sync.deletions import Asked
from devops_sync.kinds import KINDS
from devops_sync.models import Cleanup, Commit, Delivery, Deployment, Entry, Redaction, Site, Submission, User
from tests import builders
from tests.cleanups.conftest import confirm, plan, work
from tests.cleanups.test_forgetting import ANNA, forget
from tests.errands.conftest import Send, deliver
from tests.payloads import bulk, commit, deployment, issues, repository

from .conftest import Opened, of, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_what_came_what_went_and_what_was_answered(filled: Site, kind: str) -> None:
    found = of(kind, filled)
    versions = found.lines("entries.ndjson")
    assert {version["kind"] for version in versions} == {kind}
    for version in versions:
        sent = Submission.objects.get(pk=version["submission"])
        assert found.read(f"submissions/{sent.pk}/body.bin") == bytes(sent.raw or b"")
        went = Delivery.objects.get(pk=version["delivery"])
        assert found.read(f"deliveries/{went.pk}/request.bin") == bytes(went.request_body)
        assert found.read(f"deliveries/{went.pk}/answer.bin") == bytes(went.response_body or b"")
        assert found.json(f"deliveries/{went.pk}/answer.json")["status"] == 202
        assert version["payload"] == Entry.objects.get(pk=version["entry"]).payload


def test_all_versions_and_nothing_else_of_the_site_are_entries(made: Opened) -> None:
    assert [version["sequence"] for version in made.lines("entries.ndjson")] == [1, 2]
    assert len(made.under("submissions", "body.bin")) == len(made.under("deliveries", "request.bin")) == 2
    # The first of the requests brought another deployment, too.
    bodies = [json.loads(made.read(name))["deployments"] for name in made.under("submissions", "body.bin")]
    assert sorted(len(body) for body in bodies) == [1, 2]
    assert "other entities of the same site" in made.read("summary.txt").decode().replace("\n", " ")


def test_the_bytes_are_those_that_were_sent(site: Site) -> None:
    body = b'{"deployments" :\t[' + json.dumps(deployment(9)).encode() + b'],"properties":{"a":"\\u00e9"}}\r\n'
    ledger.submit(ledger.Arrival("deployments", "/bulk", body, timezone.now(), len(body), site=site))
    found = of("deployment", site)
    assert [found.read(name) for name in found.under("submissions", "body.bin")] == [body]


def test_every_file_has_its_hash_in_the_manifest_which_is_last(made: Opened) -> None:
    listed = {one["path"]: (one["sha256"], one["size"]) for one in made.json("manifest.json")["files"]}
    inside = {name: made.read(name) for name in made.names if name != "manifest.json"}
    assert listed == {name: (hashlib.sha256(raw).hexdigest(), len(raw)) for name, raw in inside.items()}
    assert made.names[-1] == "manifest.json"


def test_what_the_ledger_said_of_the_bytes_is_beside_them(made: Opened) -> None:
    said = {one["path"]: one for one in made.json("manifest.json")["files"] if "ledger_sha256" in one}
    assert len(said) == 4  # Two requests came, and two went.
    assert all(one["ledger_sha256"] == one["sha256"] for one in said.values())


def test_the_same_state_of_the_ledger_makes_the_same_bytes(made: Opened, site: Site) -> None:
    assert opened(evidence.find("deployment", "checkout-api / staging / 4", site)).raw == made.raw


def test_what_happens_makes_it_another(made: Opened, site: Site, send: Send) -> None:
    send("deployments", deployment(4, sequence=3))
    assert opened(evidence.find("deployment", "checkout-api / staging / 4", site)).raw != made.raw


def test_tries_that_failed_are_inside(filled: Site) -> None:
    entry = Entry.objects.filter(kind="build").earliest("pk")
    failed = builders.failed_delivery([entry], at=entry.submission.received_at)
    assert f"deliveries/{failed.pk}/request.bin" in of("build", filled).names


def test_what_was_read_back_is_inside(filled: Site) -> None:
    row = Deployment.objects.earliest("pk")
    ledger.ask_read_back(row.entry, builders.user("admin"), timezone.now())
    delivery.read_due()
    found = of("deployment", filled)
    (name,) = found.under("readbacks", "readback.json")
    assert found.json(name)["result"] == "confirmed"
    assert json.loads(found.read(found.under("readbacks", "answer.bin")[0]))["deploymentSequenceNumber"] == 1
    assert "readback.asked" in {row["act"] for row in found.lines("audit.ndjson")}


def test_other_sites_are_not_inside(filled: Site) -> None:
    other = builders.deployment(builders.site("other"), "checkout-api", "staging", number=1)
    found = of("deployment", filled)
    assert str(other.entry.submission_id) not in " ".join(found.names)
    assert b"https://other.example" not in b"".join(map(found.read, found.names))


def test_an_issue_has_what_touched_it_on_the_sites_that_are_asked_for(filled: Site) -> None:
    retail, foreign = builders.site("retail"), builders.site("foreign")
    rows = [builders.deployment(of_site, issues=["SHOP-1"]) for of_site in (retail, foreign)]
    builders.deployment(retail, issues=["SHOP-2"])
    found = opened(evidence.of_issue("shop-1", [filled, retail]))
    inside = found.lines("entries.ndjson")
    assert {(one["site"], one["kind"]) for one in inside} == {
        ("retail", "deployment"),
        *(("demo", kind) for kind in ("build", "branch", "commit", "pull_request")),
    }
    assert rows[0].entry_id in {one["entry"] for one in inside}
    assert not [name for name in found.names if str(rows[1].entry.submission_id) in name]


def test_a_deletion_has_its_report_its_requests_its_proof_and_what_it_took(filled: Site, admin: User) -> None:
    cleanup = work(confirm(plan(filled, admin, account="a"), admin))
    found = opened(evidence.find("deletion", str(cleanup.pk), filled))
    assert cleanup.state == Cleanup.State.PROVEN
    assert found.read("deletion/report.json") == bytes(cleanup.report or b"")
    assert [one["key"] for one in found.lines("deletion/entities.ndjson")] == [
        '["checkout-api","staging",1]',
        '["checkout-api","staging",2]',
    ]
    methods = {found.json(name)["method"] for name in found.under("deliveries", "request.json")}
    proofs = {found.json(name)["result"] for name in found.under("readbacks", "readback.json")}
    assert (methods, proofs) == ({"DELETE"}, {"gone"})
    assert {"deletion.confirmed", "deletion.ended"} <= {row["act"] for row in found.lines("audit.ndjson")}


def test_a_deletion_has_the_bytes_in_which_came_what_it_took_each_once(filled: Site, send: Send, admin: User) -> None:
    send("deployments", deployment(7), deployment(8), properties={"account": "a"})
    cleanup = work(confirm(plan(filled, admin, account="a"), admin))
    found = opened(evidence.find("deletion", str(cleanup.pk), filled))
    came = {one["submission"] for one in found.lines("deletion/entities.ndjson")}
    received = found.lines("deletion/received.ndjson")
    assert len(found.lines("deletion/entities.ndjson")) > len(received) == len(came)
    for one in received:
        raw = bytes(Submission.objects.get(pk=one["submission"]).raw or b"")
        assert (one["body"].encode(), one["ledger_sha256"]) == (raw, hashlib.sha256(raw).hexdigest())


def test_a_deletion_of_a_person_has_the_bytes_without_them(site: Site, send: Send, admin: User) -> None:
    send("devinfo", repository(commits=[commit("a1", author=ANNA)]))
    cleanup = forget(site, admin, "anna@example.com")
    found = opened(evidence.find("deletion", str(cleanup.pk), site))
    assert b"anna@example.com" not in b"".join(map(found.read, found.names))
    assert [one["redacted"] for one in found.lines("deletion/received.ndjson")] == [True]


def test_what_was_deleted_says_by_what(filled: Site, admin: User) -> None:
    cleanup = work(confirm(plan(filled, admin, account="a"), admin))
    found = opened(evidence.find("deployment", "checkout-api / staging / 1", filled))
    assert [one["deletion"] for one in found.lines("deletions.ndjson")] == [cleanup.pk]


def test_what_a_client_deleted_and_sent_again_has_the_deletion_between(filled: Site, send: Send) -> None:
    key = ("checkout-api", "staging", 1)
    ledger.delete(filled, Asked("deployments", timezone.now(), kind="deployment", key=key))
    deliver(filled)
    send("deployments", deployment(1, sequence=9))
    found = opened(evidence.find("deployment", "checkout-api / staging / 1", filled))
    assert [(one["deletion"], one["outcome"]) for one in found.lines("deletions.ndjson")] == [(None, "accepted")]
    methods = [found.json(name)["method"] for name in found.under("deliveries", "request.json")]
    assert methods == ["POST", "DELETE", "POST"]
    assert "deletion.asked" in {row["act"] for row in found.lines("audit.ndjson")}


def test_what_was_redacted_stays_redacted(site: Site, send: Send, admin: User) -> None:
    send("devinfo", repository(commits=[commit("a1", author=ANNA)]))
    forget(site, admin, "anna@example.com")
    found = opened(evidence.find("commit", str(Commit.objects.get().pk), site))
    everything = b"".join(map(found.read, found.names))
    assert b"anna@example.com" not in everything
    assert forgetting.naming(site, "anna@example.com") == []
    body = next(one for one in found.json("manifest.json")["files"] if one["path"].endswith("body.bin"))
    note = Redaction.objects.get(record="submission", column="raw")
    assert (body["redacted"], body["ledger_sha256"]) == (True, bytes(note.sha256_before).hex())
    assert body["sha256"] == bytes(note.sha256_after).hex()
    assert bytes(note.sha256_after).hex() in found.read("redactions.ndjson").decode()


def test_no_credential_is_inside(made: Opened, site: Site) -> None:
    everything = b"".join(map(made.read, made.names))
    assert site.secret.encode() not in everything
    assert b"eyJ" not in everything


def test_hostile_texts_are_texts_in_the_summary(site: Site, send: Send) -> None:
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e'
    pipeline = {"id": hostile, "displayName": hostile, "url": "https://ci.example/"}
    send("deployments", deployment(5, pipeline=pipeline, associations=issues("SHOP-1")))
    found = of("deployment", site)
    page, text = found.read("summary.html").decode(), found.read("summary.txt").decode()
    assert [page.count(sign) for sign in ("<script", "<img")] == [0, 0]
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in text
    assert "<script>alert(1)" in text
    assert all("script" not in name for name in found.names)


def test_bytes_that_are_no_json_are_kept_as_they_came(filled: Site) -> None:
    went = Delivery.objects.earliest("pk")
    Delivery.objects.filter(pk=went.pk).update(response_body=b"\xff\x00<html>")
    found = of("deployment", filled)
    assert found.read(f"deliveries/{went.pk}/answer.bin") == b"\xff\x00<html>"


def test_a_key_may_be_written_in_either_way(filled: Site) -> None:
    for text in ("checkout-api / staging / 4", '["checkout-api","staging",4]'):
        assert evidence.find("deployment", text, filled).name == "checkout-api / staging / 4"
    assert evidence.find("repository", "r1", filled).kind == "repository"
    for wrong in ("checkout-api", "[1", "[[]]", "checkout-api / staging / x"):
        with pytest.raises(evidence.Unclear):
            evidence.find("deployment", wrong, filled)
    for missing in ("999999", "checkout-api / staging / 99", f"checkout-api / staging / {10**30}"):
        with pytest.raises(evidence.NotThere):
            evidence.find("deployment", missing, filled)


def test_the_body_is_that_of_the_sandboxs_own_delivery(filled: Site) -> None:
    """What Jira got is what the evidence says that it got."""
    found = of("deployment", filled)
    (name,) = found.under("deliveries", "request.bin")
    sent = json.loads(found.read(name))
    assert [one["deploymentSequenceNumber"] for one in sent["deployments"]] == [1, 2]
    assert json.loads(bulk(deployment(1)))["deployments"][0]["label"] == sent["deployments"][0]["label"]
