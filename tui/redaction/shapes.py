r"""What secrets look like.

Each shape has triggers: lower-case literals, one of which stands where every match begins. All triggers are looked for
at once (Aho-Corasick), and a pattern is tried only where one was found, so that ordinary text costs no pattern at all.

Every pattern takes time linear in the text: repetitions are bounded, and none can begin again inside a run of
characters that it has just scanned in vain. `span` is how far a pattern may have to look before it is known that
nothing matches, which is what lets a stream know when to stop waiting.

Token formats are the vendors' published ones: the prefixes of GitHub, GitLab ("token overview"), Slack ("token types"),
Stripe, Google, OpenAI, Anthropic, npm and PyPI; RFC 7519 and 7516 for JWT, RFC 7468 for PEM, RFC 3986 for URLs.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 16 * 1024
"""Characters of the longest secret that is recognised as a whole; a private key of 16384 bits has 12 600."""
CONTEXT: Final = 64
"""Characters before a trigger that a shape may look at."""


_compiled = functools.cache(re.compile)


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression that is compiled when a trigger first asks for it: all of them take 60 ms."""

    source: str
    flags: re.RegexFlag = re.NOFLAG

    @property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        return _compiled(self.source, self.flags)


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of secret. A named group of the pattern is what is replaced; without one the whole match is."""

    name: str
    """What the marker says was there."""
    triggers: tuple[str, ...]
    pattern: Expression
    span: int = 1024
    """Characters from the trigger on after which it is known that nothing matches."""
    before: Expression | None = None
    """What must stand before the trigger, looked for in the last `CONTEXT` characters."""


# --- formats of vendors --------------------------------------------------------------------------------------------

# Not inside a longer word; an escaped line break, as JSON has it, is no part of a word.
_LEFT: Final = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrt]))"
_END: Final = r"(?![A-Za-z0-9_])"


def _token(name: str, triggers: str, pattern: str) -> Shape:
    return Shape(name, tuple(triggers.split()), Expression(_LEFT + pattern), span=2048)


_TOKENS: Final = (
    _token("aws-access-key", "akia asia abia acca", rf"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{{16}}{_END}"),
    _token("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", rf"gh[pousr]_[A-Za-z0-9_]{{36,512}}{_END}"),
    _token("github-token", "github_pat_", rf"github_pat_[A-Za-z0-9_]{{22,512}}{_END}"),
    _token(
        "gitlab-token",
        "glpat- gloas- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- glsoat- glffct-",
        r"gl[a-z]{2,6}-[A-Za-z0-9_.-]{20,512}",
    ),
    _token("slack-token", "xoxa xoxb xoxe xoxo xoxp xoxr xoxs xapp", r"(?:xox[abeoprs]|xapp)[-.][A-Za-z0-9.-]{10,512}"),
    _token("slack-webhook", "hooks.slack.com/", r"hooks\.slack\.com/[a-z]{1,16}/(?P<secret>[A-Za-z0-9/_-]{20,512})"),
    _token("stripe-key", "sk_live_ sk_test_ rk_live_ rk_test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,512}"),
    _token("stripe-webhook-secret", "whsec_", r"whsec_[A-Za-z0-9+/=]{24,512}"),
    _token("anthropic-key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,512}"),
    _token("openai-key", "sk-", rf"sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{{20,512}}|[A-Za-z0-9]{{32,512}}{_END})"),
    _token("google-key", "aiza", r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    _token("google-token", "ya29. gocspx-", r"(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,1024}"),
    _token("npm-token", "npm_", rf"npm_[A-Za-z0-9]{{36,64}}{_END}"),
    _token("pypi-token", "pypi-ag", r"pypi-Ag[A-Za-z0-9_-]{50,1024}"),
    _token("huggingface-token", "hf_", rf"hf_[A-Za-z0-9]{{34,64}}{_END}"),
    _token("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", rf"do[por]_v1_[a-f0-9]{{64}}{_END}"),
    _token("docker-token", "dckr_pat_ dckr_oat_", r"dckr_[po]at_[A-Za-z0-9_-]{20,128}"),
    _token("sendgrid-key", "sg.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    _token("shopify-token", "shpat_ shpca_ shppa_ shpss_", rf"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{{32}}{_END}"),
    _token("vault-token", "hvs. hvb. hvr.", r"hv[sbr]\.[A-Za-z0-9_-]{24,512}"),
    _token("atlassian-token", "atatt3", r"ATATT3[A-Za-z0-9_=-]{100,512}"),
    _token("age-key", "age-secret-key-1", rf"AGE-SECRET-KEY-1[A-Z0-9]{{58}}{_END}"),
    # Header and payload of a signed token are JSON objects, which in base64url begin with `eyJ`; an encrypted token
    # has four parts after its header, some of which may be empty.
    Shape(
        "jwt",
        ("eyj",),
        Expression(
            r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))eyJ[A-Za-z0-9_-]{8,4096}+\.(?:eyJ[A-Za-z0-9_-]{8,16384}+\."
            r"[A-Za-z0-9_-]{0,4096}+|(?:[A-Za-z0-9_-]{0,4096}+\.){3}[A-Za-z0-9_-]{8,1024}+)"
        ),
        span=2 * LONGEST,
    ),
    # A key whose end is missing is redacted as far as it may be one.
    Shape(
        "private-key",
        ("-----begin ",),
        Expression(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[A-Za-z0-9+/=\s\\:,.()]|-(?!-{4})){0,16384}+(?:-----(?:E(?:N(?:D[A-Z0-9 ]{0,60}-{0,5})?)?)?)?"
        ),
    ),
)

# --- what a name gives away ----------------------------------------------------------------------------------------

_NAMES: Final = (
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "api_key", "api-key", "apikey", "access_key",
    "access-key", "accesskey", "private_key", "private-key", "privatekey", "account_key", "accountkey",
    "encryption_key", "signing_key", "auth_key", "authkey", "_auth",
)  # fmt: skip
# The working directory is called PWD, too.
_KEY: Final = (
    r"(?:pass(?:word|wd|phrase|code)|pwd(?![\"']?[=:][ \t]*[\"']?/)|secret(?:[_-]?(?:access[_-]?)?key)?"
    r"|(?<![A-Za-z0-9])_auth|auth_?key|(?:api|private)[_-]?key|access[_-]key|account_?key|(?:encryption|signing)_key"
    # HTML has `accesskey="n"`.
    r"|accesskey(?=\\?[\"']?[ \t]{0,8}[=:][ \t]{0,8}\\?[\"']?[^\s\"'\\]{16}))"
)
_STOP: Final = r"(?=[\s,;)}\]\"'&|\\]|\Z)"
# What refers to a secret is none: `$PASSWORD`, `{{ password }}`, `<password>`, `%(password)s`, `os.environ["…"]`,
# `password: str`, `password=self.password`, `null`. Nor is what was redacted before.
NO_REFERENCE: Final = (
    r"(?!\\?[\"']?(?:\$[A-Za-z_{(]|\{\{|<[\w -]{0,64}>|%\(|\*{3}|\[redacted:|(?:null|none|nil|true|false)"
    + _STOP
    + "))"
    r"(?![A-Za-z_][\w.]{0,64}[(\[]|(?<=: )(?:str|string|int|bool|bytes|any|object|optional)" + _STOP + ")"
)
# A bare value ends where the next assignment begins: `user=a,password=b,host=c`.
_BARE: Final = r"(?:[^\s\"'`;&|<>(){}\[\],]|,(?![\w.-]{1,64}[:=])){1,16384}"
# A quote before a space, or before punctuation and a space, ends a text: `print("Password: ", end="")`.
_OPENED: Final = r"(?!\s|[,;+.)]{1,3}\s)"
VALUE: Final = (
    rf"(?:\"{_OPENED}(?P<double>(?:\\.|[^\"\\\n]){{1,16384}})|'{_OPENED}(?P<single>[^'\n]{{1,16384}})"
    rf"|\\[\"']{_OPENED}(?P<escaped>[^\"'\\\n]{{1,16384}})|(?P<bare>{_BARE}))"
)
_CLOSED: Final = r"\\?[\"']?\]?[ \t]{0,8}"
# In code: `password=password`, `password=self.password`. The first group is the name.
_NO_NAMESAKE: Final = rf"(?!(?-i:\1){_STOP}|[A-Za-z_][\w.]{{0,64}}\._{{0,2}}(?:{_KEY}|token){_STOP})"
_ASSIGNED: Final = _CLOSED + r"(?:=>|:=|[=:](?![=:]))[ \t]{0,8}" + NO_REFERENCE + _NO_NAMESAKE + VALUE
# "Unexpected token: identifier" is a sentence and `token = next` a line of code: except as in `TOKEN=value`, a bare
# value must hold a digit and have six characters.
_TOKEN_ASSIGNED: Final = (
    r"(?:=(?![=\s])|"
    + _CLOSED
    + r"(?:=>|:=|=(?!=)|:(?![:=]))[ \t]{0,8}(?=\\?[\"']|(?=\S{6})[^\s\d]{0,256}\d))"
    + NO_REFERENCE
    + _NO_NAMESAKE
    + VALUE
)


def assignment(name: str, marker: str) -> Shape:
    """Return the shape of `name=value`, `name: value`, `"name": "value"` for one name."""
    pattern = Expression(r"(?<![A-Za-z0-9_])" + f"({re.escape(name)})" + _ASSIGNED, re.IGNORECASE)
    return Shape(marker, (name.lower(),), pattern, span=1024 + len(name))


_ASSIGNMENTS: Final = (
    Shape(
        "password",
        tuple(name for name in _NAMES if name.startswith(("pass", "pwd"))),
        Expression(f"({_KEY})" + _ASSIGNED, re.IGNORECASE),
    ),
    Shape(
        "secret",
        tuple(name for name in _NAMES if not name.startswith(("pass", "pwd"))),
        Expression(f"({_KEY})" + _ASSIGNED, re.IGNORECASE),
    ),
    Shape("token", ("token",), Expression("(token)" + _TOKEN_ASSIGNED, re.IGNORECASE)),
    # `--password x`; as a list, `"--password", "x"`.
    Shape(
        "secret",
        (*_NAMES, "token"),
        Expression(rf"(?:{_KEY}|token)[\"']?,?[ \t]{{1,8}}(?!-){NO_REFERENCE}{VALUE}", re.IGNORECASE),
        before=Expression(r"(?:^|[\s\"'=(,\[])--?(?:[a-zA-Z0-9]{1,16}[-_]){0,3}\Z"),
    ),
)

# --- what its surroundings give away -------------------------------------------------------------------------------

_SAME_COMMAND: Final = r"[ \t][^\n|;&]{0,256}?(?<=[ \t])"


def _argument(triggers: str, pattern: str, before: str | None = None) -> Shape:
    compiled = None if before is None else Expression(before + r"\Z")
    return Shape("password", tuple(triggers.split()), Expression(pattern), before=compiled)


_SURROUNDED: Final = (
    Shape(
        "authorization",
        ("authorization",),
        Expression(
            r"authorization\\?[\"']?[ \t]{0,8}[:=][ \t]{0,8}\\?[\"']?[ \t]{0,8}"
            r"(?:(?:basic|bearer|digest|token|negotiate|apikey|aws4-hmac-sha256)[ \t]{1,8})?+"
            + NO_REFERENCE
            + r"(?P<secret>[^\s\"'\\{\[(][^\"'\\\r\n]{0,16383})",
            re.IGNORECASE,
        ),
    ),
    Shape(
        "bearer-token",
        ("bearer",),
        Expression(_LEFT + r"bearer[ \t]{1,8}(?P<secret>[A-Za-z0-9._~+/=-]{20,16384})", re.IGNORECASE),
    ),
    Shape(
        "cookie",
        ("cookie",),
        Expression(
            r"cookie[\"']?[ \t]{0,8}:[ \t]{0,8}[\"']?[\w.-]{1,128}=(?!\[redacted:)"
            r"(?P<secret>[^\s\"'][^\"'\r\n]{0,16383})",
            re.IGNORECASE,
        ),
    ),
    # `scheme://user:password@`, or a token in the place of the user.
    Shape(
        "url-credentials",
        ("://",),
        Expression(
            r"://(?:[^\s/?#@:\"'<>\[\]]{0,256}:(?!\[redacted:|\$|\{\{|<)(?P<secret>[^\s/?#\"'<>]{1,1024})"
            r"|(?P<token>[A-Za-z0-9_-]{20,512}))@[^\s/?#@\"'<>]{0,256}"
        ),
        span=2048,
    ),
    Shape("signature", ("sig=",), Expression(r"(?<=[?&])sig=(?P<secret>[A-Za-z0-9%+/=_-]{20,256})")),
    _argument("mysql mariadb", rf"(?:mysql|mariadb)[\w-]{{0,32}}{_SAME_COMMAND}-p{NO_REFERENCE}{VALUE}"),
    _argument("sshpass", rf"sshpass[ \t]{{1,8}}-p[ \t]{{0,8}}{NO_REFERENCE}{VALUE}"),
    _argument("redis-cli", rf"redis-cli{_SAME_COMMAND}-a[ \t]{{1,8}}{NO_REFERENCE}{VALUE}"),
    _argument(
        "curl wget",
        rf"(?:curl|wget){_SAME_COMMAND}(?:-u[ \t]{{0,8}}|--user[ \t=])[\"']?[^\s:\"'|;&\[]{{0,256}}:{NO_REFERENCE}"
        r"(?P<secret>[^\s\"'|;&]{1,1024})",
    ),
    _argument(
        "login",
        rf"login{_SAME_COMMAND}-p[ \t]{{1,8}}(?!-){NO_REFERENCE}{VALUE}",
        before=r"(?:docker|podman|buildah|helm|oc|az|crane|skopeo)[ \t]{1,8}(?:registry[ \t]{1,8})?",
    ),
    _argument(
        "pass:",
        rf"pass:{NO_REFERENCE}(?P<secret>[^\s\"'|;&]{{1,1024}})",
        before=r"-pass(?:in|out)?[ \t]{1,8}[\"']?",
    ),
)

MARKER: Final = Shape("", ("[redacted:",), Expression(r"\[redacted:[\w.-]{1,64}\]", re.ASCII), span=128)
"""What was redacted before stays as it is, names of secrets in the marker included."""

SHAPES: Final = (MARKER, *_TOKENS, *_ASSIGNMENTS, *_SURROUNDED)
