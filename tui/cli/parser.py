"""The parser of arguments: where a command or an option is not known, it says which was probably meant."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tui.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INVALID_CHOICE: Final = re.compile(r"argument (?P<what>.+?): invalid choice: (?P<word>.*) \(choose from (?P<all>.*)\)")
_COMMAND: Final = "COMMAND"
_LONGEST: Final = 60


class Parser(argparse.ArgumentParser):
    """Parsers of subcommands are of this kind too: argparse makes them like the one they belong to."""

    def parse_known_args(  # type: ignore[override]  # its overloads differ only in the namespace, which is handed on
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse, and return what is not known; of that no option, which this refuses as the parser that has others."""
        parsed, rest = super().parse_known_args(args, namespace)
        unknown = [word.partition("=")[0] for word in rest if word.startswith("-")]
        if unknown:
            words = ", ".join(clean_line(word, _LONGEST) for word in unknown)
            known = {name.strip("-"): name for name in self._option_string_actions if name.startswith("--")}
            self.error(f"no such option: {words}{_meant(unknown[0].strip('-'), known)}")
        return parsed, rest

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and end with the exit code for that."""
        if (found := _INVALID_CHOICE.fullmatch(message)) is not None:
            word = found["word"].strip("'")
            choices = [each.strip("' ") for each in found["all"].split(",")]
            kind = "command" if found["what"] == _COMMAND else f"value of {found['what']}"
            meant = _meant(word, dict(zip(choices, choices, strict=True))) or f" (there is {', '.join(choices)})"
            message = f"no such {kind}: {clean_line(word, _LONGEST)}{meant}"
        super().error(message)


def _meant(word: str, known: Mapping[str, str]) -> str:
    from difflib import get_close_matches  # only where it is needed

    found = get_close_matches(word, list(known), n=1)
    return f"; did you mean {known[found[0]]}?" if found else ""
