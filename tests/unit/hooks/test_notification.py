"""Notifications over a real HTTP server, a real program, and the bell."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.unit.hooks.conftest import World
from tests.unit.hooks.proposals import assess_low, assessment, context, outcome, proposal
from tui.hooks.builtin import notification
from tui.hooks.chain import HookChain
from tui.hooks.model import Allow, Point
from tui.levels import RiskLevel

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"


@dataclass
class Server:
    """Answers with the given codes, then with 200; keeps what it was sent."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.bodies.append(json.loads(body))
            state.headers.append(dict(self.headers))
            code, headers = state.answers.pop(0) if state.answers else (200, {})
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_address[1]}/hook/secret-path"
    yield state
    http.shutdown()
    http.server_close()
    thread.join()


async def told(world: World, *, title: str = "deploy", run: Any = None, **options: Any) -> Allow:
    settings = {"min_duration": 0.0, "desktop": False, "bell": False, **options}
    hook = notification.NotificationHook(notification.Options(**settings), world.services)
    finished = run or outcome(state="failed", exit_code=3, duration_s=12.0)
    about = proposal(title=title, definition="deploy", assessed=assessment())
    decision = await hook.decide(context(Point.AFTER_EXECUTION, about, finished))
    assert isinstance(decision, Allow)
    return decision


async def test_a_server_that_fails_twice_is_asked_three_times(world: World, server: Server) -> None:
    server.answers = [(503, {}), (500, {})]
    decision = await told(world, webhook=server.url, headers={"Authorization": "Bearer x"})
    assert decision == Allow(notes=("webhook delivered at attempt 3",))
    assert world.waits == [0.5, 1.0], "the wait doubles; the random share is 1 here"
    assert len(server.bodies) == 3
    assert server.bodies[0] == server.bodies[2]
    assert server.headers[2]["Authorization"] == "Bearer x"
    body = server.bodies[2]
    assert body["text"] == "deploy: failed, exit code 3, 12.0 s"
    assert (body["run"]["id"], body["run"]["state"], body["run"]["exit_code"]) == ("R1", "failed", 3)


async def test_after_the_last_attempt_it_is_a_warning_that_gives_nothing_away(world: World, server: Server) -> None:
    server.answers = [(500, {})] * 4
    decision = await told(world, webhook=server.url)
    assert decision.warnings == ("webhook not delivered: 127.0.0.1 answered 500, 4 attempts",)
    assert "secret-path" not in str(decision)
    assert world.waits == [0.5, 1.0, 2.0]


async def test_what_will_not_get_better_is_not_tried_again(world: World, server: Server) -> None:
    server.answers = [(404, {})]
    decision = await told(world, webhook=server.url)
    assert "answered 404" in decision.warnings[0]
    assert len(server.bodies) == 1


async def test_a_server_may_say_when_to_come_back(world: World, server: Server) -> None:
    server.answers = [(429, {"Retry-After": "3"}), (429, {"Retry-After": "86400"})]
    await told(world, webhook=server.url)
    assert world.waits == [3.0, 8.0]


async def test_a_redirect_is_not_followed(world: World, server: Server) -> None:
    server.answers = [(302, {"Location": server.url})]
    decision = await told(world, webhook=server.url)
    assert len(server.bodies) == 1
    assert "302" in decision.warnings[0]


async def test_nobody_listening_is_a_warning(world: World, server: Server) -> None:
    decision = await told(world, webhook="http://127.0.0.1:1/x", attempts=2)
    assert decision.warnings == ("webhook not delivered: 127.0.0.1: ConnectError, 2 attempts",)


@pytest.mark.parametrize("url", ["no url", "ftp://host/x", "http://[", "http://a b/"])
async def test_a_url_that_cannot_be_used_is_a_warning(world: World, url: str) -> None:
    decision = await told(world, webhook=url, attempts=1)
    assert len(decision.warnings) == 1


async def test_secrets_are_not_sent(world: World, server: Server) -> None:
    await told(world, title=f"push {TOKEN}", webhook=server.url)
    assert TOKEN not in json.dumps(server.bodies)


async def test_it_works_in_the_thread_of_a_chain(world: World, server: Server) -> None:
    server.answers = [(500, {})]
    options = notification.Options(min_duration=0.0, desktop=False, bell=False, webhook=server.url)
    chain = HookChain([notification.NotificationHook(options, world.services)], assess=assess_low)
    result = await chain.run(context(Point.AFTER_EXECUTION, finished=outcome(state="failed")))
    assert result.decision == Allow(notes=("notification: webhook delivered at attempt 2",))


async def test_the_bell_rings(world: World) -> None:
    await told(world, bell=True)
    assert world.bells == 1
    world.services = replace(world.services, bell=None)
    assert await told(world, bell=True) == Allow()


@pytest.mark.parametrize(
    ("options", "state", "duration_s", "counts"),
    [
        ({"min_duration": 10.0}, "failed", 12.0, True),
        ({"min_duration": 10.0}, "failed", 2.0, False),
        ({"min_duration": 10.0}, "succeeded", 12.0, False),
        ({"min_duration": 10.0, "when": notification.When.ALWAYS}, "succeeded", 12.0, True),
        ({"min_duration": 10.0, "commands": ("deploy",)}, "succeeded", 0.1, True),
        ({"min_duration": 10.0, "min_level": RiskLevel.LOW}, "succeeded", 0.1, True),
        ({"min_duration": 10.0, "min_level": RiskLevel.HIGH}, "succeeded", 0.1, False),
    ],
)
async def test_who_is_told_about_what(
    world: World, options: dict[str, Any], state: str, duration_s: float, counts: bool
) -> None:
    await told(world, bell=True, run=outcome(state=state, duration_s=duration_s), **options)
    assert world.bells == int(counts)


# --- the desktop ----------------------------------------------------------------------------------------------------


def install(directory: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = directory / "notify-send"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")


async def test_the_desktop_is_told_without_options_from_the_title(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, f'printf "%s\\n" "$@" > {tmp_path}/arguments', monkeypatch)
    decision = await told(world, desktop=True, title="--icon=evil \x1b]0;x\x07")
    assert decision == Allow(notes=("shown on the desktop",))
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[:4] == ["--urgency=critical", "--app-name=rollcage", "--", "Rollcage"]
    assert arguments[4].startswith("--icon=evil")
    assert "\x1b" not in arguments[4]


async def test_a_desktop_that_is_not_there_is_said(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    decision = await told(world, desktop=True)
    assert "no notify-send" in decision.notes[0]
    assert not decision.warnings


async def test_a_desktop_that_does_not_work_is_a_warning(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "echo no display >&2; exit 1", monkeypatch)
    assert (await told(world, desktop=True)).warnings == ("notify-send did not work: no display",)
