"""The deployments API, inbound: Jira's statuses and shapes, and everything on record."""

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client, override_settings

from devops_sync.models import Deployment, Entry, Site, Submission
from tests.gateway.conftest import CLOUD, GATEWAY, make_site, make_token
from tests.payloads import MISSING, TUTORIAL, bulk, deployment

Post = Callable[..., Any]


def test_a_202_names_what_was_taken_in_jiras_shape(post: Post) -> None:
    answer = post(bulk(TUTORIAL))
    assert answer.status_code == 202
    assert answer.json() == {
        "acceptedDeployments": [
            {
                "pipelineId": TUTORIAL["pipeline"]["id"],
                "environmentId": TUTORIAL["environment"]["id"],
                "deploymentSequenceNumber": 100,
            }
        ],
        "rejectedDeployments": [],
        "unknownIssueKeys": [],
        "unknownAssociations": [],
    }


@pytest.mark.parametrize("base", [GATEWAY, "/rest/deployments/0.1", "/s/retail/rest/deployments/0.1"])
def test_every_family_of_paths_leads_to_the_same_ledger(post: Post, base: str) -> None:
    assert post(bulk(deployment()), f"{base}/bulk").status_code == 202
    assert Deployment.objects.get().site.slug == "retail"


def test_the_bytes_are_kept_exactly_with_their_hash_and_their_sender(post: Post) -> None:
    body = b' {"x": 1.500, "deployments": [' + bulk(deployment())[17:-2] + b"] }\n"
    answer = post(body)
    submission = Submission.objects.get()
    assert bytes(submission.raw) == body
    assert bytes(submission.sha256) == hashlib.sha256(body).digest()
    assert submission.sender == "ci"
    assert answer["Waybill-Submission"] == f"http://testserver/submissions/{submission.pk}/"


def test_a_faulty_deployment_is_rejected_beside_the_valid_ones(post: Post) -> None:
    answer = post(bulk(deployment(1), deployment(2, url=MISSING), deployment(3)))
    assert answer.status_code == 202
    assert [key["deploymentSequenceNumber"] for key in answer.json()["acceptedDeployments"]] == [1, 3]
    assert answer.json()["rejectedDeployments"] == [
        {
            "key": {"pipelineId": "checkout-api", "environmentId": "staging", "deploymentSequenceNumber": 2},
            "errors": [{"message": "'url' is required"}],
        }
    ]
    assert [entry.outcome for entry in Entry.objects.order_by("position")] == ["waiting", "refused", "waiting"]


def test_a_request_that_jira_would_refuse_whole_gets_400_and_is_on_record(post: Post) -> None:
    answer = post(b'{"deployments": []}')
    assert answer.status_code == 400
    assert answer.json() == [{"message": "'deployments' must have at least 1 element"}]
    submission = Submission.objects.get()
    assert (submission.status, submission.sender, bytes(submission.raw)) == (400, "ci", b'{"deployments": []}')
    assert submission.refusal == "'deployments' must have at least 1 element"


@override_settings(LARGEST_BODY=1000)
def test_a_body_that_is_too_large_gets_413(post: Post) -> None:
    answer = post(b" " * 1001)
    assert (answer.status_code, len(answer.json())) == (413, 1)
    assert Submission.objects.get().status == 413
    assert post(b" " * 1000).status_code == 400


def test_five_megabytes_are_too_large(post: Post) -> None:
    assert post(bulk(deployment(description="x" * 5_000_000))).status_code == 413


def test_a_get_gives_back_what_the_ledger_holds(post: Post, client: Client, bearer: str) -> None:
    post(bulk(deployment(5, new={"field": 1})))
    path = f"{GATEWAY}/pipelines/checkout-api/environments/staging/deployments/5"
    answer = client.get(path, headers={"Authorization": f"Bearer {bearer}"})
    assert answer.json() == deployment(5, new={"field": 1})
    assert answer["Waybill-State"] == "pending"
    Entry.objects.update(outcome="rejected")
    assert client.get(path, headers={"Authorization": f"Bearer {bearer}"})["Waybill-State"] == "rejected"


@pytest.mark.parametrize("number", ["6", "x", "9" * 30, "-1", "5.0", "٥"])
def test_a_get_of_what_is_not_there_gets_404(client: Client, bearer: str, number: str) -> None:
    path = f"{GATEWAY}/pipelines/checkout-api/environments/staging/deployments/{number}"
    answer = client.get(path, headers={"Authorization": f"Bearer {bearer}"})
    assert (answer.status_code, answer.json()) == (404, [{"message": "No data found for the given deployment ID."}])


class TestWhoMayNotSend:
    def test_nobody(self, client: Client, site: Site) -> None:
        answer = client.post(f"{GATEWAY}/bulk", bulk(deployment()), content_type="application/json")
        assert (answer.status_code, answer.json()) == (401, {"code": 401, "message": "Unauthorized"})
        submission = Submission.objects.get()
        assert (submission.status, submission.token, submission.raw) == (401, None, None)

    @pytest.mark.parametrize("garbage", ["x", "wbt_x", "a:b:c", "\x00", "ü", "Bearer"])
    def test_garbage(self, post: Post, garbage: str) -> None:
        assert post(bulk(deployment()), token=garbage).status_code == 401

    def test_an_expired_token(self, post: Post, site: Site) -> None:
        site.tokens.update(expires_at="2020-01-01T00:00:00Z")
        assert post(bulk(deployment())).status_code == 401
        submission = Submission.objects.get()
        assert (submission.sender, submission.refusal) == ("ci", "The token has expired.")

    def test_a_revoked_token(self, post: Post, site: Site) -> None:
        site.tokens.update(revoked_at="2020-01-01T00:00:00Z")
        assert post(bulk(deployment())).status_code == 401

    def test_a_token_of_another_site(self, post: Post) -> None:
        stranger = make_token(make_site("other", "another-cloud"), name="stranger")
        answer = post(bulk(deployment()), token=stranger)
        assert (answer.status_code, answer.json()["code"]) == (403, 403)
        assert Submission.objects.get().sender == "stranger"
        assert not Deployment.objects.exists()

    def test_a_token_without_the_scope(self, post: Post, site: Site) -> None:
        answer = post(bulk(deployment()), token=make_token(site, "read", name="reader"))
        assert (answer.status_code, answer.json()) == (
            403,
            {"code": 403, "message": "The token lacks the scope 'write'."},
        )

    def test_an_unknown_cloud_id(self, post: Post) -> None:
        answer = post(bulk(deployment()), path="/jira/deployments/0.1/cloud/nowhere/bulk")
        assert (answer.status_code, answer.json()) == (404, [{"message": "There is no site with this cloud id."}])
        assert Submission.objects.get().status == 404


class TestAPathThatNamesNoSite:
    def test_means_the_site_of_the_token(self, post: Post, site: Site) -> None:
        other = make_site("other", "another-cloud")
        assert post(bulk(deployment()), path="/rest/deployments/0.1/bulk").status_code == 202
        token = make_token(other, name="neighbour")
        assert post(bulk(deployment()), path="/rest/deployments/0.1/bulk", token=token).status_code == 202
        assert list(Deployment.objects.order_by("site_id").values_list("site", flat=True)) == [site.pk, other.pk]

    def test_reads_of_the_site_of_the_token(self, post: Post, client: Client) -> None:
        stranger = make_token(make_site("other", "another-cloud"), name="stranger")
        post(bulk(deployment(1)))
        path = "/rest/deployments/0.1/pipelines/checkout-api/environments/staging/deployments/1"
        assert client.get(path, headers={"Authorization": f"Bearer {stranger}"}).status_code == 404

    def test_means_nothing_without_a_token(self, post: Post) -> None:
        make_site("other", "another-cloud")
        assert post(bulk(deployment()), path="/rest/deployments/0.1/bulk", token="nobody").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", f"{GATEWAY}/bulk", 405),
        ("put", f"{GATEWAY}/bulk", 405),
        ("get", f"{GATEWAY}/nothing", 404),
        ("post", "/rest/featureflags/0.1/bulk", 404),
        ("get", "/s/retail/", 404),
    ],
)
def test_other_paths_and_methods_are_said_so(client: Client, bearer: str, method: str, path: str, status: int) -> None:
    answer = client.generic(method.upper(), path, headers={"Authorization": f"Bearer {bearer}"})
    assert answer.status_code == status
    assert answer.json()[0]["message"]


@pytest.mark.parametrize("path", [f"{GATEWAY}/bulk", f"{GATEWAY}/x", "/rest/x", "/s/x/y", "/jira/", "/oauth/x"])
def test_a_machine_path_without_a_token_gets_401_in_jiras_shape(client: Client, site: Site, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (401, {"code": 401, "message": "Unauthorized"})


def test_the_cloud_id_is_told_without_signing_in(client: Client, site: Site) -> None:
    assert client.get("/_edge/tenant_info").json() == {"cloudId": CLOUD}
    assert client.get("/s/retail/_edge/tenant_info").json() == {"cloudId": CLOUD}
    assert client.get("/s/other/_edge/tenant_info").status_code == 404


def test_the_cloud_id_of_one_of_many_is_asked_for_by_name(client: Client, site: Site) -> None:
    make_site("other", "another-cloud")
    answer = client.get("/_edge/tenant_info")
    assert answer.status_code == 404
    assert "/s/<slug>" in answer.json()[0]["message"]
    assert client.get("/s/other/_edge/tenant_info").json() == {"cloudId": "another-cloud"}


@pytest.mark.parametrize("ident", ["a%0Ab", "%0A", "a%2Fb", "%2E%2E", "%C3%A9%20%23", "x" * 255])
def test_any_id_in_a_path_is_looked_for(post: Post, client: Client, bearer: str, ident: str) -> None:
    name = unquote(ident)
    post(bulk(deployment(1, pipeline={"id": name, "displayName": "p", "url": "https://ci.example/"})))
    path = f"{GATEWAY}/pipelines/{ident}/environments/staging/deployments/1"
    answer = client.get(path, headers={"Authorization": f"Bearer {bearer}"})
    assert (answer.status_code, answer.json()["pipeline"]["id"]) == (200, name)


class TestWhatIsTooMuch:
    def test_more_entities_than_a_request_may_have(self, post: Post) -> None:
        answer = post(b'{"deployments": [' + b"0," * 5000 + b"0]}")
        assert (answer.status_code, len(answer.json())) == (413, 1)
        assert not Entry.objects.exists()

    def test_a_length_that_no_column_can_hold(self, client: Client, bearer: str) -> None:
        answer = client.generic(
            "POST",
            f"{GATEWAY}/bulk",
            b"",
            content_type="application/json",
            headers={"Authorization": f"Bearer {bearer}"},
            CONTENT_LENGTH="9999999999999999999",
        )
        assert answer.status_code == 413
        assert (Submission.objects.get().raw, Submission.objects.get().sha256) == (None, None)

    def test_refusals_of_one_token_are_put_on_record_up_to_an_allowance(self, post: Post, site: Site) -> None:
        site.tokens.update(expires_at="2020-01-01T00:00:00Z")
        assert {post(bulk(deployment())).status_code for _ in range(60)} == {401}
        assert 0 < Submission.objects.count() < 40


def test_an_instant_in_any_time_zone_is_taken(post: Post) -> None:
    answer = post(bulk(deployment(1), deployment(2, lastUpdated="2026-06-30T12:00:00+16:00")))
    assert (answer.status_code, answer.json()["rejectedDeployments"]) == (202, [])
    assert Deployment.objects.get(number=2).reported_at.isoformat() == "2026-06-29T20:00:00+00:00"
