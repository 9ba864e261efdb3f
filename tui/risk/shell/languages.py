"""Interpreters of languages and how they are given code."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """How an interpreter of some language is given code."""

    name: str
    code: frozenset[str]
    """Options whose value is code."""
    valued: frozenset[str] = frozenset()
    """Further options with a value."""
    reads_stdin: bool = True
    """Whether it executes standard input when it is given nothing else."""
    first_operand: bool = False
    """Whether the first operand is code rather than a file: awk."""
    subcommands: frozenset[str] = frozenset()
    """Words before code or file: `deno eval`, `deno run`."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PYTHON: Final = Language("python", _words("-c"), _words("-W -X -m --check-hash-based-pycs"))
_NODE: Final = Language(
    "javascript",
    _words("-e -p --eval --print -pe"),
    _words("-r --require --import --loader -C --input-type --env-file"),
)
_AWK: Final = Language(
    "awk", _words("-e --source"), _words("-F -v -f --field-separator --assign --file -i --include -l"), False, True
)
_SQL: Final = Language("sql", _words("-c -e --command --execute"), _words("-h -U -d -p -P -u -D -f -o -v -F -T -t"))
_POWERSHELL: Final = Language(
    "powershell", _words("-c -Command -EncodedCommand -e -enc"), _words("-File -ExecutionPolicy")
)
LANGUAGES: Final = {
    "python": _PYTHON, "python2": _PYTHON, "python3": _PYTHON, "pypy": _PYTHON, "pypy3": _PYTHON, "ipython": _PYTHON,
    "node": _NODE, "nodejs": _NODE, "bun": replace(_NODE, subcommands=_words("run")),
    "deno": replace(_NODE, subcommands=_words("run eval")),
    "perl": Language("perl", _words("-e -E"), _words("-I -M -m -i -C -F")),
    "ruby": Language("ruby", _words("-e"), _words("-I -r -C")),
    "php": Language("php", _words("-r -R -B -E"), _words("-d -c -S -t")),
    "lua": Language("lua", _words("-e"), _words("-l")),
    "luajit": Language("lua", _words("-e"), _words("-l")),
    "Rscript": Language("r", _words("-e")), "R": Language("r", _words("-e")),
    "osascript": Language("applescript", _words("-e"), _words("-l")),
    "pwsh": _POWERSHELL,
    "powershell": _POWERSHELL,     "tclsh": Language("tcl", frozenset()), "expect": Language("tcl", _words("-c")),
    "irb": Language("ruby", _words("-e"), _words("-I -r")), "pry": Language("ruby", _words("-e"), _words("-I -r")),
    "psysh": Language("php", frozenset()), "bpython": _PYTHON, "iex": Language("elixir", _words("-e --eval")),
    "octave": Language("octave", _words("--eval")),
    "elixir": Language("elixir", _words("-e --eval")), "julia": Language("julia", _words("-e -E --eval --print")),
    "groovy": Language("groovy", _words("-e")), "scala": Language("scala", _words("-e")),
    "ghc": Language("haskell", _words("-e"), reads_stdin=False), "guile": Language("scheme", _words("-c")),
    "awk": _AWK, "gawk": _AWK, "mawk": _AWK, "nawk": _AWK,
    "psql": _SQL, "mysql": _SQL, "mariadb": _SQL, "sqlcmd": replace(_SQL, code=_words("-Q -q")),
    "clickhouse-client": replace(_SQL, code=_words("-q --query")), "cockroach": _SQL,
    "sqlite3": Language("sql", _words("-cmd")), "duckdb": Language("sql", _words("-c")),
    "mongosh": Language("javascript", _words("--eval")), "mongo": Language("javascript", _words("--eval")),
    "jrunscript": Language("javascript", _words("-e")), "jjs": Language("javascript", frozenset()),
}  # fmt: skip
SUFFIXES: Final = {
    ".py": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".pl": "perl", ".rb": "ruby",
    ".php": "php", ".sh": "bash", ".bash": "bash", ".zsh": "bash", ".lua": "lua",
}  # fmt: skip
_VERSIONED: Final = re.compile(r"(python|pypy|perl|ruby|php|lua)[\d.]+")


def language_of(program: str) -> Language | None:
    """Return the language that `program` interprets, whatever version is in its name."""
    found = LANGUAGES.get(program)
    if found is None and (match := _VERSIONED.fullmatch(program)):
        found = LANGUAGES.get(match[1])
    return found
