from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui.errors import InvalidInput
from tui.ids import new_id
from tui.redaction import Redactor
from tui.redaction.names import is_secret_name
from tui.redaction.shapes import SHAPES, Shape

WORD = "Zx8" * 40
# Written in two parts, so that no scanner of sources takes these for secrets.
KEY_BEGIN, KEY_END = "-----BEGIN " + "RSA PRIVATE KEY-----", "-----END " + "RSA PRIVATE KEY-----"
JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"HS256"}', b'{"sub":"1234"}', b"x" * 32)
)

TOKENS = {
    "aws-access-key": "AKIA" + "QWERTY7UIOP2ASDF",
    "github-token": "ghp_" + WORD[:36],
    "gitlab-token": "glpat-" + WORD[:20],
    "slack-token": "xoxb-" + "123456789012-" + WORD[:24],
    "stripe-key": "sk_live_" + WORD[:24],
    "anthropic-key": "sk-ant-api03-" + WORD[:80],
    "openai-key": "sk-proj-" + WORD[:60],
    "google-key": "AIza" + WORD[:35],
    "npm-token": "npm_" + WORD[:36],
    "pypi-token": "pypi-AgEIcHlwaS5vcmc" + WORD[:80],
    "huggingface-token": "hf_" + WORD[:34],
    "jwt": JWT,
    "vault-token": "hvs." + WORD[:30],
    "private-key": f"{KEY_BEGIN}\nMIIEpAIBAAKCAQEA7b+/=\nabc\n{KEY_END}",
}


@pytest.mark.parametrize(("name", "secret"), TOKENS.items())
@pytest.mark.parametrize(
    "frame", ["{}", "before {} after", '"{}"', "x={}\n", "two\\n{}", "({})", "https://h/?q={}&r=1"]
)
def test_well_known_tokens_are_named_wherever_they_stand(name: str, secret: str, frame: str) -> None:
    assert Redactor().text(frame.format(secret)) == frame.format(f"[redacted:{name}]")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("password=hunter2", "password=[redacted:password]"),
        ("export DB_PASSWORD='a b' x", "export DB_PASSWORD='[redacted:password]' x"),
        ('{"password": "a\\"b c", "x": 1}', '{"password": "[redacted:password]", "x": 1}'),
        ('{\\"client_secret\\": \\"abc\\"}', '{\\"client_secret\\": \\"[redacted:secret]\\"}'),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7", "aws_secret_access_key = [redacted:secret]"),
        ("user=a,password=b,c,host=d", "user=a,password=[redacted:password],host=d"),
        ("Server=x;Password=abc;Uid=1", "Server=x;Password=[redacted:password];Uid=1"),
        ("?api_key=abc&page=2", "?api_key=[redacted:secret]&page=2"),
        ("deploy --token abc next", "deploy --token [redacted:secret] next"),
        ("deploy --db-password=abc next", "deploy --db-password=[redacted:password] next"),
        ("mysql -u root -pabc base", "mysql -u root -p[redacted:password] base"),
        ("sshpass -p abc ssh host", "sshpass -p [redacted:password] ssh host"),
        ("curl -u me:abc https://h", "curl -u me:[redacted:password] https://h"),
        ("docker login -u me -p abc host", "docker login -u me -p [redacted:password] host"),
        ("postgres://me:p@ss@db/base", "postgres://me:[redacted:url-credentials]@db/base"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted:authorization]"),
        ("-H 'authorization: Basic YTpi' url", "-H 'authorization: Basic [redacted:authorization]' url"),
        ("Set-Cookie: sid=abc; Path=/", "Set-Cookie: sid=[redacted:cookie]"),
        ("//host/:_authToken=abc", "//host/:_authToken=[redacted:token]"),
        ("token: abc123", "token: [redacted:token]"),
        ("mysql -psecret base", "mysql -p[redacted:password] base"),
        ("PASSWORD=password", "PASSWORD=[redacted:password]"),
        ("password=my_secret", "password=[redacted:password]"),
        ("GH_TOKEN=abc", "GH_TOKEN=[redacted:token]"),
        ("AccessKey = QWERTYUIOPASDFGH", "AccessKey = [redacted:secret]"),
    ],
)
def test_what_a_name_gives_away_is_redacted_and_the_rest_stays(text: str, redacted: str) -> None:
    assert Redactor().text(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        'curl -H "Authorization: Bearer $TOKEN"',
        "password={{ password }}",
        "PGPASSWORD=${SECRET} psql",
        'token = os.environ["TOKEN"]',
        "def login(password: str, token: str | None = None)",
        "SyntaxError: Unexpected token: identifier",
        '{"password": null, "token": ""}',
        "PWD=/root OLDPWD=/home",
        "self.password = password; connect(password=self._password, token=user.token)",
        'print("Password: ", end=""); print("Token: " + repr(token))',
        "while token = next: max_token => 400",
        '<a accesskey="n" href="next.html">',
        "max_tokens: 4096, tokenizer=fast",
        "password == other",
        "usage: deploy [--password PASSWORD_FILE] <token>"[:16],
        "mysql -P 3306 -h host",
        "http://host:8080/path@1 ssh://git@host/repo",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "git commit -m 'sk-learn, task-force, disk-image'",
        "the passwords of the secretary",
    ],
)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert Redactor().text(text) == text


@given(st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_ids_hashes_and_base64_stay(randoms: random.Random) -> None:
    data = randoms.randbytes(300)
    text = "\n".join(
        (
            new_id(),
            str(uuid.UUID(bytes=data[:16])),
            hashlib.sha256(data).hexdigest(),
            hashlib.sha1(data).hexdigest(),
            "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode(),
            base64.b64encode(data).decode(),
            base64.urlsafe_b64encode(data).decode(),
            "ssh-ed25519 " + base64.b64encode(data[:51]).decode() + " me@host",
        )
    )
    assert Redactor().text(text) == text


# --- declared secrets ----------------------------------------------------------------------------------------------

SECRETS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=8, max_size=80)


@given(SECRETS, st.text(max_size=40), st.text(max_size=40))
def test_a_declared_secret_never_remains(secret: str, before: str, after: str) -> None:
    redacted = Redactor([secret]).text(before + secret + after)
    assert secret not in redacted.replace("[redacted:secret]", "\0")


@pytest.mark.parametrize(
    "spelling",
    [
        lambda secret: secret,
        lambda secret: quote(secret, safe=""),
        lambda secret: json.dumps({"x": secret}),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: "'" + secret.replace("'", "'\\''") + "'",
    ],
)
def test_a_declared_secret_is_found_as_it_is_commonly_written(spelling: object) -> None:
    assert callable(spelling)
    secret = 'it\'s "ünsafe" & 100%'
    redacted = Redactor({"key": secret}).text(f"<{spelling(secret)}>")
    assert "[redacted:key]" in redacted
    assert "nsafe" not in redacted


def test_lines_of_a_declared_secret_are_secrets() -> None:
    redactor = Redactor(["first-line-of-it\nsecond-line-of-it\n"])
    assert redactor.text("- second-line-of-it -") == "- [redacted:secret] -"


def test_a_very_short_secret_is_redacted_as_a_word_only() -> None:
    assert Redactor(["42"]).text("42 of 1428, a42") == "[redacted:secret] of 1428, a42"


def test_a_secret_that_overlaps_another_leaves_nothing_of_either() -> None:
    assert Redactor(["abcdefgh-one", "one-ijklmnop"]).text("<abcdefgh-one-ijklmnop>") == "<[redacted:secret]>"
    assert Redactor(["two words"]).text("password=two words!") == "password=[redacted:password]!"


def test_declared_names_give_their_values_away() -> None:
    redactor = Redactor(names=["PIN"])
    assert redactor.text("PIN=1234 SPIN=3 --pin: x") == "PIN=[redacted:PIN] SPIN=3 --pin: [redacted:PIN]"
    assert redactor.value({"PIN": 1234, "pins": 1}) == {"PIN": "[redacted:PIN]", "pins": 1}


def test_extending_changes_nothing_of_the_original() -> None:
    redactor = Redactor(["first-secret"])
    extended = redactor.extended({"p": "second-secret"}, ["PIN"])
    assert extended.text("first-secret second-secret PIN=1") == "[redacted:secret] [redacted:p] PIN=[redacted:PIN]"
    assert redactor.text("first-secret second-secret PIN=1") == "[redacted:secret] second-secret PIN=1"


def test_custom_patterns_are_named_and_may_have_a_group() -> None:
    redactor = Redactor(patterns={"badge": r"B-\d{6}", "room": r"room (?P<number>\d+)(a|b)?"})
    assert redactor.text("B-123456 in room 12b") == "[redacted:badge] in room [redacted:room]b"


def test_every_wrong_pattern_is_reported() -> None:
    with pytest.raises(InvalidInput) as caught:
        Redactor(patterns={"one": "(", "two": "x*", "three": "fine"})
    assert "one: " in caught.value.message
    assert "two: " in caught.value.message
    assert "three" not in caught.value.message


# --- data ----------------------------------------------------------------------------------------------------------


def test_data_is_redacted_by_key_by_option_and_in_text() -> None:
    redacted = Redactor(["a-declared-secret"]).value(
        {
            "argv": ["deploy", "--token", "x", "--verbose", "--password", "--force"],
            "env": {"API_KEY": "x", "PATH": "/bin", "n": 3, "flag": True},
            "parameters": [{"name": "password", "value": "x"}, {"name": "size", "value": "x"}],
            "text": "a-declared-secret",
            "a-declared-secret": ["its name is one"],
            "list": ["password=x"],
            "secret": {"nested": [1, 2]},
            "token": None,
        }
    )
    assert redacted == {
        "argv": ["deploy", "--token", "[redacted:token]", "--verbose", "--password", "--force"],
        "env": {"API_KEY": "[redacted:API_KEY]", "PATH": "/bin", "n": 3, "flag": True},
        "parameters": [{"name": "password", "value": "[redacted:password]"}, {"name": "size", "value": "x"}],
        "text": "[redacted:secret]",
        "[redacted:secret]": "[redacted:secret]",
        "list": ["password=[redacted:password]"],
        "secret": "[redacted:secret]",
        "token": None,
    }


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("DB_PASSWORD", True), ("apiKey", True), ("x-auth-token", True), ("Authorization", True), ("_auth", True),
        ("credentials", True), ("max_tokens", False), ("PWD", False), ("public_key", False), ("author", False),
        ("password_file_path", False),
    ],
)  # fmt: skip
def test_names_of_secrets(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


# --- streams -------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *TOKENS.values(), "password=", "token: ", "hunter2", "a-declared-secret", "a-declared", " ", "\n", "\r\n", '"',
        "'", "\\", "=", ",user=x", ":", "@", "--token ", "https://me:", "https://", "host/", "Authorization: Basic ",
        "Bearer ", "mysql ", "-p", "eyJ", ".", "sk-", "ghp_", "plain text ", "é", "none", "str", "$", "[redacted:x]",
        "-----", "END", "x7", "PIN", "(", "docker login ", "curl -u ",
    ]
)  # fmt: skip


@given(
    st.lists(PIECES | st.text(max_size=10), max_size=12),
    st.lists(st.integers(1, 30), max_size=200),
)
@settings(max_examples=400)
@example(["password=ab", ",us", "=x"], [1] * 30)
def test_how_a_stream_is_cut_makes_no_difference(pieces: list[str], sizes: list[int]) -> None:
    redactor = Redactor(["a-declared-secret", "x7"], names=["PIN"])
    data = "".join(pieces).encode("utf-8", "surrogatepass")
    stream = redactor.stream()
    received, at = [], 0
    for size in sizes:
        received.append(stream.feed(data[at : at + size]))
        at += size
    received += [stream.feed(data[at:]), stream.finish()]
    assert b"".join(received) == redactor.data(data)


@given(
    st.lists(PIECES | st.sampled_from(["B-", "12", "3", "room ", "\n"]), max_size=12),
    st.lists(st.integers(1, 10), max_size=60),
)
def test_custom_patterns_see_lines_however_a_stream_is_cut(pieces: list[str], sizes: list[int]) -> None:
    redactor = Redactor(patterns={"badge": r"B-\d+", "room": r"^room (?P<number>\d+)$"})
    data = "".join(pieces).encode()
    stream = redactor.stream()
    received, at = [], 0
    for size in sizes:
        received.append(stream.feed(data[at : at + size]))
        at += size
    assert b"".join([*received, stream.feed(data[at:]), stream.finish()]) == redactor.data(data)


@given(st.lists(PIECES, max_size=12))
@settings(max_examples=200)
def test_redacting_again_changes_nothing(pieces: list[str]) -> None:
    redactor = Redactor(["a-declared-secret"])
    once = redactor.text("\n".join(pieces))
    assert redactor.text(once) == once


@given(st.binary(max_size=300), st.integers(1, 50))
def test_bytes_that_are_no_text_pass_a_stream_unchanged(data: bytes, size: int) -> None:
    stream = Redactor().stream()
    parts = [stream.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert b"".join([*parts, stream.finish()]) == Redactor().data(data)


def test_a_stream_holds_back_nothing_that_cannot_be_a_secret() -> None:
    stream = Redactor(["a-declared-secret"]).stream()
    assert stream.feed(b"Continue? [y/N] ") == b"Continue? [y/N] "
    assert stream.feed(b"it is a-decl") == b"it is "
    assert stream.held == len("a-decl")
    assert stream.feed(b"ined offer.") == b"a-declined offer."
    assert stream.feed(b"token ") == b""
    assert stream.feed(b"of love\n") == b"token of love\n"
    assert stream.held == 0


def test_a_line_without_end_is_not_held_back_for_ever() -> None:
    stream = Redactor().stream()
    stream.feed(b"https://host/" + b"x" * 1000)
    stream.feed(b"y" * 100_000)
    assert stream.held < 100


@pytest.mark.parametrize(
    "piece",
    ["mysql ", "://", "eyJ", "eyJaaaaaaaa.", "password:", "-----BEGIN ", KEY_BEGIN, "curl -u ", "token", "--token",
     "Authorization", "a" * 50, "\\\"", "xoxb-", ","],
)  # fmt: skip
@pytest.mark.timeout(30)
def test_repeated_beginnings_take_linear_time(piece: str) -> None:
    # Half a second where time grows with the text; hours where it grows with its square.
    assert Redactor().text(piece * (400_000 // len(piece)))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.name}-{shape.triggers[0]}")
def test_every_shape_is_a_pattern_with_lower_case_triggers(shape: Shape) -> None:
    assert shape.pattern.compiled.match("") is None
    assert shape.before is None or shape.before.compiled
    assert all(trigger == trigger.lower() for trigger in shape.triggers)
