"""Environment variables that are keys, and for whom they are."""

from __future__ import annotations

import pytest

from tui.risk.code.conventions import setting
from tui.risk.code.keys import keys_gone_astray
from tui.risk.code.values import Constant, Entries, Items


@pytest.mark.parametrize(
    ("name", "host", "astray"),
    [
        ("NPM_TOKEN", "registry.npmjs.org", False),
        ("NPM_TOKEN", "x.example.net", True),
        ("GITHUB_TOKEN", "api.github.com", False),
        ("GITHUB_TOKEN", "x.example.net", True),
        ("AWS_SECRET_ACCESS_KEY", "s3.amazonaws.com", False),
        ("AWS_SECRET_ACCESS_KEY", "api.github.com", True),
        ("DEPLOY_PRIVATE_KEY", "api.github.com", True),
        ("DB_PASSWORD", "db.example.net", True),
        ("ACME_TOKEN", "api.acme.example", False),
        ("CI", "x.example.net", False),
    ],
)
def test_a_key_belongs_to_its_service(name: str, host: str, astray: bool) -> None:
    assert keys_gone_astray([setting(name)], host) == (name if astray else None)


def test_it_is_found_in_what_is_put_together() -> None:
    body = Entries({"a": Items((Constant("x"), setting("NPM_TOKEN")))})
    assert keys_gone_astray([body], "x.example.net") == "NPM_TOKEN"
