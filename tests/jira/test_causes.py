import pytest
from hypothesis import given
from hypothesis import strategies as st

from devops_sync.jira import causes

REAL = {
    "'url' is required": "'url' is required",
    "No valid issues found for build": "No valid issues found for build",
    "'issueKeys' can have a maximum of 500 elements": "'issueKeys' can have a maximum of {number} elements",
    "Too many issue keys in entity": "Too many issue keys in entity",
    "No valid associations found for deployment": "No valid associations found for deployment",
    "Sum of Association values across all association types can have a maximum of 500 elements. Found 3143.": (
        "Sum of Association values across all association types can have a maximum of {number} elements."
        " Found {number}."
    ),
    "Associations must provide at least one value.": "Associations must provide at least one value.",
    "Jira answered 202 without naming this entity.": "Jira answered 202 without naming this entity.",
    "Invalid binary character '#xD83E' was found in the request body, the set of allowed characters is #x9 | #xA": (
        "Invalid binary character {value} was found in the request body, the set of allowed characters is #x9 | #xA"
    ),
    "'associations[12].values[3]' must be an issue key such as ABC-123": (
        "'associations[{number}].values[{number}]' must be an issue key such as {key}"
    ),
    "'state' has a value that Jira does not know: 'melted'": "'state' has a value that Jira does not know: {value}",
    "'url' must be a valid URI: ftp//x": "'url' must be a valid URI: {value}",
    "The repository 'checkout' is there more than once": "The repository {value} is there more than once",
    "Repository 0a1b2c3d: 'author' is required for commit 9f2c1b7d4e6a80c3": (
        "Repository {hash}: 'author' is required for commit {hash}"
    ),
    "Nothing is known of 123e4567-e89b-12d3-a456-426614174000 at https://ci.example/a?b=1": (
        "Nothing is known of {id} at {url}"
    ),
    "The request body must be UTF-8, and is not at byte 17.": (
        "The request body must be UTF-8, and is not at byte {number}."
    ),
    "Jira doesn't know the issue's project": "Jira doesn't know the issue's project",
    "  \n ": causes.NO_REASON,
}


@pytest.mark.parametrize(("message", "cause"), REAL.items())
def test_what_varies_is_folded_and_what_tells_the_cause_stays(message: str, cause: str) -> None:
    assert causes.fold(message) == cause


PIECES = st.sampled_from(
    [
        *(
            "'",
            '"',
            "“",
            "”",
            "{",
            "}",
            "{number}",
            "{nu",
            "mber}",
            "#",
            ": ",
            "URI: ",
            "SHOP-1",
            "-",
            "12",
            ".",
            "[3]",
        ),
        *("value ", "'url'", "abcdef1", "http://x/y", " ", "T", "2026-11-18", "answered ", "\0", "\ud800", "é"),
    ]
)


@given(st.one_of(st.text(max_size=700), st.lists(PIECES, max_size=200).map("".join)))
def test_any_text_has_a_cause_that_folds_into_itself(message: str) -> None:
    cause = causes.fold(message)
    assert 0 < len(cause) <= causes.LONGEST
    assert causes.fold(cause) == cause
    cause.encode()


def test_a_sign_is_never_cut_through() -> None:
    cause = causes.fold("x" * 497 + " 12345")
    assert cause == "x" * 497
