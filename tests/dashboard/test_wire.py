import html
import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dashboard import wire

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def plain(marked: str) -> str:
    return html.unescape(re.sub(r"</?span[^>]*>", "", marked))


@given(json_values)
def test_laying_out_changes_nothing_but_space(value: Any) -> None:
    text = json.dumps(value)
    assert json.loads(plain(wire.laid_out(text))) == value
    assert wire._tokens(plain(wire.laid_out(text))) == wire._tokens(text)


def test_numbers_and_double_keys_stay_as_they_were_sent() -> None:
    text = '{"a": 1.50e+3, "a": 12345678901234567890123}'
    assert plain(wire.laid_out(text)) == '{ "a": 1.50e+3, "a": 12345678901234567890123 }'


def test_what_is_no_json_stays_as_it_is() -> None:
    assert wire.laid_out("<html>502 Bad Gateway</html>") == "&lt;html&gt;502 Bad Gateway&lt;/html&gt;"


@given(st.text())
def test_no_text_gets_through_unescaped(text: str) -> None:
    shown = wire.laid_out(text)
    assert "<" not in re.sub(r'</?span( class="[knsc]")?>', "", shown)


def test_no_depth_is_too_much() -> None:
    assert len(wire.laid_out("[" * 20_000)) > 0
