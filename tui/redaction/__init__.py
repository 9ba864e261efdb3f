"""Secrets out of text: well-known shapes, names that mean a secret, and secrets that were declared.

Everything that is kept or shown about a run passes a `Redactor` first: commands, values, environments, errors, the
audit log, the history, and live output through `Redactor.stream`. A secret becomes a marker that says what it was:
`[redacted:github-token]`.

What a program prints is searched as it stands: a secret that was encrypted, compressed, reversed or cut by colour codes
is not recognised. Redaction keeps accidents off the record; it does not contain a program that wants to leak.
"""

from tui.redaction.redactor import Redactor
from tui.redaction.stream import RedactingStream

__all__ = ["RedactingStream", "Redactor"]
