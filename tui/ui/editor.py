"""Opening a file in the person's editor, in place of the application."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.errors import HostNotReady
from tui.ui.lending import TerminalNotLent, lend_terminal

if TYPE_CHECKING:
    from textual.app import App


def editor(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the words of the command in $VISUAL, else in $EDITOR.

    Raises:
        HostNotReady: neither is set, or it cannot be read as words.
    """
    hint = "for example: export EDITOR=vi"
    text = environment.get("VISUAL") or environment.get("EDITOR") or ""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise HostNotReady(f"$VISUAL or $EDITOR cannot be read: {error}", hint=hint) from error
    if not words:
        raise HostNotReady("neither $VISUAL nor $EDITOR is set", hint=hint)
    return words


async def edit(app: App[Any], path: Path) -> None:
    """Give the terminal to the editor until it ends. The event loop goes on meanwhile.

    Raises:
        HostNotReady: there is no editor, it cannot be started, or this terminal cannot be given away.
    """
    words = editor()
    try:
        await lend_terminal(app, [*words, str(path)])
    except TerminalNotLent as error:
        raise HostNotReady(error.message, hint=f"the file is {path}") from error
    except OSError as error:
        raise HostNotReady(
            f"{words[0]} cannot be started: {error.strerror}", hint="look at $VISUAL, $EDITOR"
        ) from error
