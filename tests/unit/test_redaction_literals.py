"""Declared secrets are found in every way in which a definition's values are written into its steps."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui.definitions.contexts import Context
from tui.definitions.literals import NoLiteral, literal
from tui.definitions.model import Json
from tui.languages import Language
from tui.redaction import Redactor

PLACES = [
    (Language.BASH, Context.CODE), (Language.BASH, Context.DOUBLE_QUOTES), (Language.PYTHON, Context.CODE),
    (Language.JAVASCRIPT, Context.CODE), (Language.RUST, Context.CODE), (Language.GO, Context.CODE),
]  # fmt: skip
AWKWARD = st.text(st.sampled_from("ab'\"\\$`<>\n\t\r é☃\u2028\x07{}!%"), min_size=6, max_size=20)
SECRETS = AWKWARD.filter(lambda text: len(text.strip()) >= 6 and len(text.splitlines()) == 1)


def written(language: Language, context: Context, value: Json) -> str:
    return f"<<< {literal(language, context, value)} >>>"


@pytest.mark.parametrize(("language", "context"), PLACES)
@given(secret=SECRETS)
@example(secret='it\'s "so" $HOME `id` \\ <b>')
@example(secret="it's plain")
@example(secret='say "so"')
@settings(max_examples=60, deadline=None)
def test_a_text(language: Language, context: Context, secret: str) -> None:
    text = written(language, context, secret)
    assert Redactor([secret]).text(text) == text.replace(inner(language, context, secret), "[redacted:secret]")


@pytest.mark.parametrize(("language", "context"), PLACES)
@given(secret=SECRETS)
@example(secret='it\'s "so" $HOME `id` \\ <b>')
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("proto", [False, True])
def test_a_text_in_an_object(language: Language, context: Context, secret: str, proto: bool) -> None:
    holder: Json = {"inner": {"__proto__" if proto else "key": secret}}
    bare: Json = {"inner": {"__proto__" if proto else "key": "-=-=-=-"}}
    found = Redactor([secret]).text(written(language, context, holder))
    expected = written(language, context, bare).replace("-=-=-=-", "[redacted:secret]")
    assert found.replace('"', "'") == expected.replace('"', "'")  # Python takes the quotes that the text lets it take


@pytest.mark.parametrize(("language", "context"), PLACES)
@given(secrets=st.lists(SECRETS, min_size=2, max_size=3, unique=True))
@settings(max_examples=40, deadline=None)
def test_texts_in_an_array(language: Language, context: Context, secrets: list[str]) -> None:
    try:
        text = written(language, context, list(secrets))
    except NoLiteral:
        return
    found = Redactor(secrets).text(text)
    assert all(inner(language, context, secret) not in found for secret in secrets)


def inner(language: Language, context: Context, secret: str) -> str:
    """What stands for a text between the quotes, which `"…{{ name }}…"` in a shell brings itself."""
    whole = literal(language, context, secret)
    return whole if context is Context.DOUBLE_QUOTES else whole[1:-1]
