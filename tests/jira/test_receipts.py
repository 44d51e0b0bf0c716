"""Reading Jira's answer to a bulk request."""

import pytest

from devops_sync.jira import receipts, wire
from tests.sandbox.samples import key


def item(number: int) -> wire.Item:
    return wire.Item(raw="", key=key(number))


def name(number: int) -> tuple[str, str]:
    return ("deployment", f'["checkout-api","production-eu",{number}]')


ERRORS = [{"message": "'url' is required", "errorTraceId": "t"}]


def test_what_is_written_is_read() -> None:
    body = receipts.write("deployments", [item(1)], [(item(2), ERRORS)], ["ZZZ-1"])
    found = receipts.read("deployments", body)
    assert found.accepted == {name(1)}
    assert found.rejected == {name(2): [receipts.Error("'url' is required", "t")]}
    assert found.unknown_issues == {"ZZZ-1"}


@pytest.mark.parametrize("part", [{}, {"pipelineId": "checkout-api"}, {"pipelineId": None}])
def test_a_rejection_without_a_whole_key_does_not_hide_the_others(part: dict[str, object]) -> None:
    rejected = [(wire.Item(raw="", key=part), ERRORS), (item(2), ERRORS)]
    found = receipts.read("deployments", receipts.write("deployments", [item(1)], rejected))
    assert found.accepted == {name(1)}
    assert list(found.rejected) == [name(2)]
