"""What a library function does, as data: an action, and which of its arguments the action is about."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tui.risk.code.values import NOTHING, Constant, Entries, Label, Labels, Value
from tui.risk.model import Span

Argument = tuple[int, str]
"""Position, counted from 0 (-1: only by name), and name."""


class Action(enum.Enum):
    """What a call does. What that means for the object it is done to is decided by the judge."""

    NOTHING = enum.auto()
    """Harmless, and the result says nothing about the arguments."""
    SOURCE = enum.auto()
    """Returns something with the labels of the operation."""
    RUN = enum.auto()
    """Runs a command: a text for a shell, or words."""
    RUN_WORDS = enum.auto()
    """Runs a program whose words are the arguments: `execl`."""
    RUN_FILE = enum.auto()
    """Runs a program with a list of words beside it: `spawn(file, words)`."""
    FEED = enum.auto()
    """Writes a command into a shell that runs already."""
    EVALUATE = enum.auto()
    """Runs text as code of this language."""
    SERVE_CODE = enum.auto()
    """Runs as code whatever comes in over the argument, if that is a connection."""
    RUN_SCRIPT = enum.auto()
    """Runs a file as code of this language."""
    UNPICKLE = enum.auto()
    OPEN = enum.auto()
    READ = enum.auto()
    WRITE = enum.auto()
    """Puts the second argument into the file of the first."""
    PUT = enum.auto()
    """Puts the first argument into the open file it is called on."""
    CREATE = enum.auto()
    """Makes a directory or an empty file and leaves what is there: mkdir, touch."""
    TRUNCATE = enum.auto()
    DELETE = enum.auto()
    DELETE_TREE = enum.auto()
    MOVE = enum.auto()
    COPY = enum.auto()
    LINK = enum.auto()
    CHANGE_DIRECTORY = enum.auto()
    MODE = enum.auto()
    OWNER = enum.auto()
    FETCH = enum.auto()
    """Talks to a URL: sends the other arguments, returns what came back."""
    DOWNLOAD = enum.auto()
    """Puts what is at a URL into a file."""
    LOOKUP = enum.auto()
    """Resolves a name: what stands in the name reaches whoever answers for the domain."""
    CONNECT = enum.auto()
    LISTEN = enum.auto()
    SEND = enum.auto()
    """Sends the arguments over the connection it is called on."""
    RECEIVE = enum.auto()
    REDIRECT = enum.auto()
    """Makes a standard stream another descriptor: dup2."""
    KILL = enum.auto()
    FORK = enum.auto()
    IDENTITY = enum.auto()
    """Becomes another account."""
    LOAD = enum.auto()
    """Loads a shared library."""
    INJECT = enum.auto()
    """Writes into or controls another process."""
    QUERY = enum.auto()
    """Runs SQL."""
    SERVER_COMMAND = enum.auto()
    """Sends a server of a database a command by its name."""
    DATABASE_DROP = enum.auto()
    CLOUD_DELETE = enum.auto()
    SECRET = enum.auto()
    """Takes a secret out of a store of a cloud account."""
    PUBLISH = enum.auto()
    """Says who may use a resource of a cloud account: everybody, if its arguments say so."""
    RESET_TABLES = enum.auto()
    """Makes the tables of a database anew where its arguments ask for that: `sync({force: true})`."""
    SEND_FILE = enum.auto()
    """Sends the file at a path over the connection it is called on."""
    PACK = enum.auto()
    """Puts the file at a path into the archive it is called on."""
    EXECUTABLE_MEMORY = enum.auto()
    """Makes a piece of memory callable, or reserves memory that code can be run from."""
    CAPTURE = enum.auto()
    """Records what a person types, sees or copies."""
    SCHEDULE = enum.auto()
    """Arranges to be run again."""
    REGISTRY = enum.auto()
    """Writes the Windows registry."""
    EVADE = enum.auto()
    GRANT = enum.auto()
    """Gives an account more rights."""
    DECRYPT_STORE = enum.auto()
    """Decrypts what the system keeps for browsers and password managers."""
    MOUNT = enum.auto()
    CONTAINER = enum.auto()
    """Starts a container."""
    POWER = enum.auto()
    MINE = enum.auto()
    ENCRYPT = enum.auto()
    PRINT = enum.auto()
    """Shows its arguments to a person."""
    SERIALIZE = enum.auto()
    SETUP = enum.auto()
    """A package's description, with code that runs on installation."""
    HOOK = enum.auto()
    """Replaces functions of other code."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the tables."""

    action: Action
    arguments: tuple[Argument, ...] = ()
    """The arguments the action is about, in the order that the action names them."""
    labels: Labels = NOTHING
    kind: str = ""
    """The kind of object that is returned, where its methods have rows of their own."""
    what: str = ""
    """Words for the effect."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it would happen."""

    name: str
    """Dotted name of what is called; methods of objects as `socket.socket().connect`."""
    args: tuple[Value, ...]
    span: Span
    keywords: Mapping[str, Value] = field(default_factory=dict)
    """By name; in JavaScript the properties of the last object among the arguments."""
    receiver: Value | None = None
    disguised: bool = False

    def argument(self, where: Argument) -> Value | None:
        """Return the argument at a position or under a name."""
        position, name = where
        if name and name in self.keywords:
            return self.keywords[name]
        return self.args[position] if 0 <= position < len(self.args) else None

    def option(self, name: str) -> Value | None:
        """Return the argument under a name."""
        return self.keywords.get(name)

    def is_true(self, name: str) -> bool:
        """Whether an argument is given and not known to be false."""
        value = self.keywords.get(name)
        return value is not None and not (isinstance(value, Constant) and not value.value)


DOES: Final = frozenset({
    Action.RUN, Action.RUN_WORDS, Action.RUN_FILE, Action.EVALUATE, Action.DELETE, Action.DELETE_TREE, Action.MOVE,
    Action.COPY, Action.MODE, Action.OWNER, Action.KILL, Action.FETCH, Action.DOWNLOAD, Action.UNPICKLE,
})  # fmt: skip
"""Actions of library functions that are worth following where the function is handed to somebody who calls it."""
PATH: Final[Argument] = (0, "path")


def path_of(call: Call, operation: Operation, index: int = 0) -> Value | None:
    """Return the path that the row's argument at `index` names; the object itself for methods of paths and files."""
    if index < len(operation.arguments):
        if operation.arguments[index] == (-1, ""):
            return call.receiver
        return call.argument(operation.arguments[index])
    return call.receiver if index == 0 else None


def options_of(args: tuple[Value, ...]) -> dict[str, Value]:
    """Return the properties of the last object among `args`: how JavaScript passes options."""
    for value in reversed(args):
        if isinstance(value, Entries):
            return value.entries
    return {}


def source(*labels: Label, kind: str = "") -> Operation:
    """Return the row of a function whose result carries `labels`."""
    return Operation(Action.SOURCE, labels=frozenset(labels), kind=kind)


def on(
    action: Action, *positions: int | Argument, kind: str = "", what: str = "", labels: Labels = NOTHING
) -> Operation:
    """Return a row; a bare position has no name."""
    arguments = tuple((each, "") if isinstance(each, int) else each for each in positions)
    return Operation(action, arguments, labels, kind, what)
