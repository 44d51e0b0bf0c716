"""Reading Jira's answer to a bulk request."""

import pytest

from devops_sync.jira import receipts
from tests.sandbox.samples import key

ERRORS = [{"message": "'url' is required", "errorTraceId": "t"}]


def test_what_is_written_is_read() -> None:
    body = receipts.write_deployments([key(1)], [(key(2), ERRORS)], ["ZZZ-1"])
    found = receipts.read_deployments(body)
    assert found.accepted == {("checkout-api", "production-eu", 1)}
    assert found.rejected == {("checkout-api", "production-eu", 2): [receipts.Error("'url' is required", "t")]}
    assert found.unknown_issues == {"ZZZ-1"}


@pytest.mark.parametrize("part", [{}, {"pipelineId": "checkout-api"}, {"pipelineId": None}])
def test_a_rejection_without_a_whole_key_does_not_hide_the_others(part: dict[str, object]) -> None:
    body = receipts.write_deployments([key(1)], [(part, ERRORS), (key(2), ERRORS)])
    found = receipts.read_deployments(body)
    assert found.accepted == {("checkout-api", "production-eu", 1)}
    assert list(found.rejected) == [("checkout-api", "production-eu", 2)]
