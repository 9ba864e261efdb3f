"""Makes a fork of the agent, whose interpreter is warm, behave as if `python3` had been started."""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import itertools
import linecache
import os
import signal
import site
import sys
import threading
import time
import traceback
import types
from collections.abc import Mapping
from typing import Any, NoReturn

# What code commonly imports is imported once, in the template. Every megabyte makes each fork 0.5 ms slower under
# emulation, so what is rare or big stays out.
WARM = (
    "argparse", "asyncio", "base64", "collections", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal",
    "enum", "functools", "glob", "hashlib", "heapq", "io", "itertools", "json", "logging", "math", "operator", "os",
    "pathlib", "pickle", "pprint", "queue", "random", "re", "secrets", "shlex", "shutil", "signal", "socket", "string",
    "struct", "subprocess", "sys", "tarfile", "tempfile", "textwrap", "threading", "time", "traceback", "types",
    "typing", "urllib.parse", "uuid", "warnings", "zlib",
)  # fmt: skip
_agent_modules: list[str] = []
"""Known before the fork, because to look for them is to write to every module's name (reference counts)."""
_package_times: dict[str, int] = {}
_INTERRUPTED = -signal.SIGINT


def warm() -> None:
    """Import what code commonly needs, and let the garbage collector leave it alone, so that forks share it."""
    own = ("agent_files", "agent_limits", "agent_network")
    for name in (*WARM, *(f"tui.machines.guest.{name}" for name in own)):
        __import__(name)
    notice_packages()
    _agent_modules.extend(name for name in sys.modules if name == "tui" or name.startswith("tui."))
    gc.collect()
    gc.freeze()


def become_interpreter(environment: Mapping[str, str]) -> dict[str, Any]:
    """Turn a forked child into an interpreter of its own and return the namespace of its `__main__`."""
    for name in _agent_modules:
        del sys.modules[name]
    os.environ.clear()
    set_variables(environment)
    sys.path.insert(0, "")
    sys.argv[:] = [""]
    sys.orig_argv[:] = [sys.executable]
    sys.excepthook = _show
    _make_streams()
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=__import__("builtins"), __spec__=None, __doc__=None, __loader__=None)
    sys.modules["__main__"] = main
    return main.__dict__


def notice_packages() -> None:
    """See packages that were installed since the interpreter started, `.pth` files and all."""
    for directory in (*site.getsitepackages(), site.getusersitepackages()):
        with contextlib.suppress(OSError):
            changed = os.stat(directory).st_mtime_ns
            if _package_times.get(directory) != changed:
                _package_times[directory] = changed
                site.addsitedir(directory)


def set_variables(environment: Mapping[str, str]) -> None:
    """Set environment variables, and do what they mean to an interpreter."""
    os.environ.update(environment)
    if "TZ" in environment:
        time.tzset()
    paths = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [path for path in paths if path and path not in sys.path]
    if environment.get("PYTHONDONTWRITEBYTECODE"):
        sys.dont_write_bytecode = True


def _make_streams() -> None:
    # Over pipes, because a stream asks its descriptor once whether it can seek, and what comes there later cannot.
    ends = os.pipe()
    for number, end in enumerate((ends[0], ends[1], ends[1])):
        os.dup2(end, number)
    set_stream("stdin", text_input())
    set_stream("stdout", _text_output(1, "surrogateescape"))
    set_stream("stderr", _text_output(2, "backslashreplace"))
    for end in ends:
        os.close(end)


def set_stream(name: str, stream: io.TextIOWrapper) -> None:
    """Make a stream `sys.NAME`, and what it was from the beginning."""
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def text_input() -> io.TextIOWrapper:
    """Return a text stream over descriptor 0."""
    return _over(0, "r", "surrogateescape")


def _text_output(descriptor: int, errors: str) -> io.TextIOWrapper:
    # Lines go out as they are finished, terminal or not: somebody watches.
    return _over(descriptor, "w", errors)


def _over(descriptor: int, mode: str, errors: str) -> io.TextIOWrapper:
    names = {0: "<stdin>", 1: "<stdout>", 2: "<stderr>"}
    raw = io.FileIO(descriptor, mode, closefd=False)
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    text = io.TextIOWrapper(buffer, encoding="utf-8", errors=errors, newline="\n", line_buffering=mode == "w")
    raw.name = names[descriptor]
    setattr(text, "mode", mode)  # noqa: B010 - as Python does it, against what the stubs say
    return text


def run(text: str, namespace: dict[str, Any], name: str) -> int:
    """Run code and return its exit code, or minus the number of SIGINT if that ended it.

    An exception is shown on stderr, with the lines of the code but without any frame of the agent.
    """
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    try:
        code = compile(text, name, "exec", dont_inherit=True)
    except Exception as error:  # noqa: BLE001
        return _failed(error.with_traceback(None))
    try:
        exec(code, namespace)  # noqa: S102 - this is what the machine is for
    except SystemExit as leaving:
        return _exit_code(leaving.code)
    except BaseException as error:  # noqa: BLE001
        below = error.__traceback__
        return _failed(error.with_traceback(below.tb_next if below else None))
    return 0


def _failed(error: BaseException) -> int:
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except BaseException:  # noqa: BLE001 - the hook is the user's
        traceback.print_exc()
        _show(type(error), error, error.__traceback__)
    return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def _show(kind: type[BaseException], error: BaseException, frames: types.TracebackType | None) -> None:
    traceback.print_exception(kind, error, frames)


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def end(exit_code: int, namespace: dict[str, Any], known: int) -> NoReturn:
    """End the process as an interpreter does: threads, exit functions, objects, streams; but for what the agent made.

    Taking down the modules the agent had imported would touch all of their memory for nothing. `known` is how many
    there were before the code ran.
    """
    try:
        threading._shutdown()  # type: ignore[attr-defined]
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    atexit._run_exitfuncs()
    # The newest modules stand last. To look at the others would be to write to them (reference counts).
    for name in list(itertools.islice(reversed(sys.modules), max(0, len(sys.modules) - known))):
        del sys.modules[name]
    namespace.clear()
    gc.collect()
    exit_code = flush(exit_code)
    if exit_code == _INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(exit_code if exit_code >= 0 else 128 - exit_code)


def flush(exit_code: int) -> int:
    """Flush stdout and stderr; return the exit code, 120 if it was success but output is lost, as Python has it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException:  # noqa: BLE001 - the stream is the user's, or its reader is gone
            exit_code = exit_code or 120
    return exit_code
