"""What looks like a secret is taken for one everywhere: in a submission, in a request's head and in the audit log."""

import time

import pytest

from devops_sync import exposures, secrecy
from devops_sync.audit import content
from devops_sync.gateway import heads

EXAMPLES = {
    "wbs_": "Ab1_" * 11,
    "wbt_": "Ab1_" * 11,
    **{f"gh{sort}_": "Ab1" * 12 for sort in "pousr"},
    "github_pat_": "Ab1_" * 13,
    "glpat-": "x1Y_" * 6,
    "ATATT": "3" + "xFf=" * 16,
    "AKIA": "ABCD2345" * 2,
    "xox": "b-" + "123456789012-" * 2,
    "AIza": "Ab1_-" * 7,
    "npm_": "Ab1" * 12,
    "pypi-": "AgEIcHlwaS5vcmc" + "Ab1_-" * 10,
    "sk_live_": "Ab1" * 8,
    "-----BEGIN ": "RSA PRIVATE KEY-----MIIEpAIBAAKC",
}


def test_each_shape_has_an_example() -> None:
    assert [shape.begins for shape in secrecy.SHAPES] == list(EXAMPLES)


@pytest.mark.parametrize("begins", EXAMPLES)
def test_all_who_look_for_secrets_know_each(begins: str) -> None:
    secret = begins + EXAMPLES[begins]
    text = f"it is {secret}"
    what = next(shape.what for shape in secrecy.SHAPES if shape.begins == begins)
    assert exposures.find(text.encode()) == [(what, 6)]
    assert heads.value_of("X-Note", text) == f"it is {heads.STRUCK_OUT}"
    assert content.line(text) == f"it is {content.STRUCK_OUT}"


@pytest.mark.parametrize("begins", EXAMPLES.keys() - {"wbs_", "wbt_"})
def test_in_the_middle_of_a_word_it_is_none(begins: str) -> None:
    text = f"x{begins}{EXAMPLES[begins]}"
    assert (exposures.find(text.encode()), heads.value_of("X-Note", text), content.line(text)) == ([], text, text)


@pytest.mark.parametrize(
    "text", ["pypi-uploader/1.0.0", "npm_config_registry", "AIzanami/2026", "taken back", "xoxo-2"]
)
def test_what_only_begins_like_one_stays(text: str) -> None:
    assert (heads.value_of("User-Agent", text), content.line(text)) == (text, text)


@pytest.mark.parametrize(
    "name", ["client_secret", "Password", "pwd", "api-key", "signing_key", "Cookie", "session", "jwt", "csrftoken"]
)
def test_a_name_that_speaks_of_a_secret_does_so_everywhere(name: str) -> None:
    assert heads.value_of(name, "hunter2") == heads.STRUCK_OUT
    assert "hunter2" not in content.as_json({name: "hunter2"})


def test_how_a_site_signs_in_and_which_token_it_was_is_no_secret() -> None:
    assert content.as_json({"auth": "connect", "token_id": "7"}) == '{"auth":"connect","token_id":"7"}'


@pytest.mark.parametrize("begins", EXAMPLES)
def test_a_long_text_full_of_beginnings_is_looked_through_at_once(begins: str) -> None:
    """Whoever sends chooses such texts."""
    begun = time.process_time()
    for text in (begins * 10_000, begins + "A " * 30_000, f"{begins}{EXAMPLES[begins]} " * 2_000):
        exposures.find(text.encode())
        heads.value_of("X-Note", text)
        content.line(text)
    assert time.process_time() - begun < 1
