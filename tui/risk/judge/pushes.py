"""What a push of git gives away: files with secrets that were added just before, or everything to a new place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from tui.levels import RiskLevel
from tui.risk.judge.command import Command
from tui.risk.judge.draft import Verdict
from tui.risk.model import Category, Effect, Reversibility

_SECRET_FILE: Final = re.compile(
    r"(?:^|/)\.env(?:\.(?!(?:example|sample|template|dist|test|defaults?|schema|ci)\b)[\w-]+)*$"
    r"|(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.pypirc|\.netrc|\.pgpass|\.git-credentials|\.htpasswd|credentials(?:\.json)?"
    r"|secrets?\.(?:ya?ml|json|env|toml)|service[-_]account[\w-]*\.json|terraform\.tfstate|kubeconfig|wallet\.dat)$"
    r"|\.(?:pem|key|p12|pfx|jks|kdbx|keystore|ovpn)$|(?:^|/)\.(?:ssh|aws|gnupg|kube)(?:/|$)"
)
"""Names of files that hold secrets and that nobody means to publish."""
_FORGE: Final = re.compile(
    r"[@/](?:[\w-]+\.)*(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|sr\.ht|gitee\.com|dev\.azure\.com|visualstudio\.com"
    r"|amazonaws\.com|huggingface\.co|heroku\.com|googlesource\.com|localhost|127\.0\.0\.1)[:/]|^(?:\.|/)"
)
"""Hosts of repositories that anybody may use, and this machine."""


def pushes(commands: Sequence[Command]) -> Iterator[tuple[Command, Verdict]]:
    """Yield the pushes that give something away.

    What is added to a repository and pushed reaches everybody who can read it, also after it is removed again.
    """
    added = ""
    elsewhere = ""
    for command in commands:
        if command.program != "git" or command.dry:
            continue
        words = command.words
        if words[:1] in (("add",), ("stage",)):
            added = added or next((word for word in words[1:] if _SECRET_FILE.search(word)), "")
        elif len(words) > 3 and words[0] == "remote" and words[1] == "set-url":
            elsewhere = "" if _FORGE.search(words[-1]) else words[-1]
        elif words[:1] == ("push",):
            if added:
                yield command, Verdict(
                    RiskLevel.HIGH, Category.EXFIL, f"pushes {added[:80]} to where others read it: it holds secrets",
                    "git.push-secrets", ("T1567.001", "T1552.001"),
                    frozenset({Effect.NETWORK_OUT, Effect.REMOTE}), Reversibility.IRREVERSIBLE,
                )  # fmt: skip
                return
            if elsewhere and "://" in elsewhere and (command.has("--all") or command.has("--tags")):
                yield command, Verdict(
                    RiskLevel.HIGH, Category.EXFIL, f"pushes the whole repository to another place: {elsewhere[:80]}",
                    "git.push-to-new-place", ("T1567.001",),
                    frozenset({Effect.NETWORK_OUT, Effect.REMOTE}), Reversibility.IRREVERSIBLE,
                )  # fmt: skip
                return
