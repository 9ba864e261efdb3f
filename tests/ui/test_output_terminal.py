"""What a real terminal receives of hostile output."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios

PROGRAM = r"""
from textual.app import App
from tui.machines.model import Stream
from tui.ui.output.log import OutputLog
from tui.ui.output.panel import OutputPanel
from tui.ui.output.view import OutputView

HOSTILE = (
    b"\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[?1049l\x1b[2J\x9b31m\xc2\x9b31m "
    b"\xe2\x80\xaetxt.exe \xe2\x80\x8b\x00\x07\x08\x7f\n"
    b"\x1bP+q544e\x1b\\\x1b_app\x1b\\\x1b[6n\x1bc\x1b[31mred\x1b[0m\r\n" + bytes(range(256)) + b"\n"
)
LONG = b"x" * 10_000_000 + b"\nend\n"

class Hostile(App):
    def compose(self):
        yield OutputPanel(OutputView())

    def on_mount(self):
        log = OutputLog()
        self.query_one(OutputView).show_log(log)
        log.feed(Stream.STDOUT, HOSTILE + LONG)
        log.feed(Stream.STDERR, HOSTILE)
        log.heading(HOSTILE[:200].decode(errors="replace"))
        self.steps = iter(("g", "t", "w", "G", "k"))
        self.set_interval(0.1, self.step)

    async def step(self):
        key = next(self.steps, None)
        if key is None:
            self.exit()
        else:
            self.simulate_key(key)

Hostile().run()
"""


def received(program: str) -> bytes:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    found = bytearray()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        while select.select([ours], [], [], 60)[0]:
            try:
                data = os.read(ours, 65536)
            except OSError:
                break
            if not data:
                break
            found += data
        os.close(ours)
        assert process.wait() == 0
    return bytes(found)


def test_nothing_a_terminal_obeys_comes_through() -> None:
    data = received(PROGRAM)
    assert b"red" in data
    assert b"end" in data
    text = data.decode()
    assert not re.search("[\x80-\x9f\u200b\u202e\u2066-\u2069]", text)
    assert not re.search(r"\x1b(?:c|P|_|\]52|\]0;)", text)
    assert text.count("\x1b[6n") == 0
    assert text.count("\x1b[?1049l") == 1, "only the application itself leaves the alternate screen"
