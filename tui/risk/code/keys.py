"""Environment variables that hold a key, and the services each of them is for."""

from __future__ import annotations

import re
from typing import Final

from tui.risk.code.values import Constant, Label, Value, inner_values

_BELONGS: Final = (
    (re.compile(r"^(?:NPM|NODE_AUTH)_?(?:AUTH_?)?TOKEN$"), "npm"),
    (re.compile(r"^AWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN|ACCESS_KEY_ID)$"), "amazonaws"),
    (re.compile(r"^(?:GH|GITHUB)_(?:PAT|TOKEN|ACCESS_TOKEN)$"), "github"),
    (re.compile(r"^(?:GITLAB|CI_JOB|CI_REGISTRY)_?(?:TOKEN|PASSWORD|PRIVATE_TOKEN)$"), "gitlab"),
    (re.compile(r"^(?:PYPI_(?:API_)?TOKEN|TWINE_PASSWORD|UV_PUBLISH_TOKEN|POETRY_PYPI_TOKEN_PYPI)$"), "pypi"),
    (re.compile(r"^CARGO_REGISTRY_TOKEN$"), "crates"),
    (re.compile(r"^DOCKER(?:HUB)?_(?:PASSWORD|TOKEN|AUTH_CONFIG)$"), "docker"),
    (re.compile(r"^STRIPE_(?:SECRET|API|LIVE)_?KEY$"), "stripe"),
    (re.compile(r"^OPENAI_API_KEY$"), "openai"),
    (re.compile(r"^ANTHROPIC_API_KEY$"), "anthropic"),
    (re.compile(r"^(?:HF|HUGGINGFACE)_TOKEN$"), "huggingface"),
    (re.compile(r"^(?:AZURE_CLIENT_SECRET|ARM_CLIENT_SECRET)$"), "microsoft"),
    (re.compile(r"^(?:GOOGLE_APPLICATION_CREDENTIALS|GCP_SA_KEY|GCLOUD_SERVICE_KEY)$"), "google"),
    (re.compile(r"^(?:\w+_)?(?:SSH|DEPLOY|WALLET|SIGNING|MASTER|GPG)_?(?:PRIVATE_)?KEY$|^(?:\w+_)?PRIVATE_KEY$"), None),
    (re.compile(r"^(?:\w+_)?(?:MNEMONIC|SEED_PHRASE)$|^KUBE_?CONFIG(?:_DATA)?$|^SUDO_PASSWORD$"), None),
    (
        re.compile(
            r"^(?:POSTGRES|PG|MYSQL|MYSQL_ROOT|DB|DATABASE|REDIS)_?PASS(?:WORD)?$|^(?:DATABASE|MONGO(?:DB)?)_UR[IL]$"
        ),
        None,
    ),
)
"""Names of variables, and what the name of the service they are for contains; None: they are for no request."""


def keys_gone_astray(values: list[Value], host: str) -> str | None:
    """Return the name of a key among `values` that the service at `host` is not meant to get, or None."""
    for value in inner_values(values):
        if Label.SETTING not in value.labels or isinstance(value, Constant):
            continue
        for names, service in _BELONGS:
            if names.match(value.shown) and (service is None or service not in host):
                return value.shown
    return None
