"""Names that say that what they name is a secret."""

from __future__ import annotations

import re
from typing import Final

_SECRET: Final = re.compile(
    r"(?:password|passwd|passphrase|passcode|pwd|secret|token|api_?key|access_?key|secret_?key|private_?key"
    r"|account_?key|auth_?key|encryption_?key|signing_?key|credentials?|authorization|cookie|^auth|_auth)$"
)
_NOT_ALPHANUMERIC: Final = re.compile(r"[^a-z0-9]+")
_WORKING_DIRECTORY: Final = frozenset({"pwd", "oldpwd"})
_OPTION: Final = re.compile(r"--?([A-Za-z][\w-]{1,63})")


def is_secret_name(name: str) -> bool:
    """Say whether the end of a name says so: `DB_PASSWORD`, `apiKey`, `x-auth-token`; not `max_tokens` or `PWD`."""
    plain = _NOT_ALPHANUMERIC.sub("_", name[-64:].lower()).strip("_")
    return plain not in _WORKING_DIRECTORY and _SECRET.search(plain) is not None


def option_name(argument: str) -> str | None:
    """Return the name of an option whose value is the next argument: `token` of `--token`."""
    match = _OPTION.fullmatch(argument)
    return match[1] if match else None
