"""`notification`: tells somebody how a run ended: on the desktop, with the terminal's bell, through a webhook."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from tui.hooks.model import Allow, Decision, Finished, HookContext, HookError, Point
from tui.hooks.services import Services
from tui.hooks.webhook import NotDelivered, Webhook
from tui.levels import RiskLevel
from tui.proposal import Proposal
from tui.redaction import Redactor
from tui.text import clean_line
from tui.units import duration

_DESKTOP_TIMEOUT_S: Final = 5.0
_TITLE_LIMIT: Final = 200


class When(StrEnum):
    """Which results somebody is told about."""

    ALWAYS = "always"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Options:
    """What is told, and how. A run is told about if it is one of `commands`, risky enough, or long enough."""

    when: When = When.FAILURE
    commands: tuple[str, ...] = ()
    """Definitions or programs that always count, however they ended."""
    min_level: RiskLevel | None = None
    """Runs of at least this risk always count, however they ended."""
    min_duration: float = 10.0
    """Seconds below which `when` tells nothing: somebody is still looking."""
    desktop: bool = True
    """Through `notify-send`, where there is one."""
    bell: bool = True
    webhook: str | None = None
    """URL that gets JSON: `text` for people and chat services, `run` for programs."""
    headers: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 4
    attempt_timeout: float = 5.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class NotificationHook:
    """Tells about ends of runs, without secrets. What cannot be delivered is a warning."""

    options: Options
    services: Services
    name: str = "notification"
    priority: int = 50
    points: frozenset[Point] = frozenset({Point.AFTER_EXECUTION})

    async def decide(self, context: HookContext) -> Decision:
        """Tell about the run if it matters."""
        outcome = context.outcome
        assert outcome is not None
        if not self._matters(context.proposal, outcome):
            return Allow()
        redactor = context.redactor or self.services.redactor
        text = self._text(context.proposal, outcome, redactor)
        notes: list[str] = []
        warnings: list[str] = []
        async for delivered, what in self._deliveries(text, context.proposal, outcome, redactor):
            (notes if delivered else warnings).append(what)
        return Allow(notes=tuple(notes), warnings=tuple(warnings))

    def _matters(self, proposal: Proposal, outcome: Finished) -> bool:
        options = self.options
        if proposal.command in options.commands:
            return True
        level = None if proposal.assessment is None else proposal.assessment.level
        if options.min_level is not None and level is not None and level >= options.min_level:
            return True
        wanted = options.when is When.ALWAYS or outcome.state != "succeeded"
        return wanted and outcome.duration_s >= options.min_duration

    def _text(self, proposal: Proposal, outcome: Finished, redactor: Redactor) -> str:
        # Redacted before it is cut: half a secret is not recognised.
        title = clean_line(redactor.text(proposal.title), _TITLE_LIMIT)
        code = "" if outcome.exit_code in {None, 0} else f", exit code {outcome.exit_code}"
        return f"{title}: {outcome.state}{code}, {duration(outcome.duration_s)}"

    async def _deliveries(
        self, text: str, proposal: Proposal, outcome: Finished, redactor: Redactor
    ) -> AsyncIterator[tuple[bool, str]]:
        options = self.options
        if options.bell and self.services.bell is not None:
            self.services.bell()
            yield True, "bell rung"
        if options.desktop:
            try:
                yield True, await notify_desktop("Rollcage", text, urgent=outcome.state != "succeeded")
            except HookError as error:
                yield False, str(error)
        if options.webhook is not None:
            webhook = Webhook(
                options.webhook, options.headers, attempts=options.attempts, timeout_s=options.attempt_timeout
            )
            try:
                attempts = await webhook.send(
                    _body(text, proposal, outcome, redactor), wait=self.services.wait, random=self.services.random
                )
                yield True, f"webhook delivered at attempt {attempts}"
            except NotDelivered as error:
                yield False, f"webhook not delivered: {error}"


async def notify_desktop(title: str, text: str, *, urgent: bool = False) -> str:
    """Show a notification on the desktop and say so, or say that this host has no `notify-send`.

    Raises:
        HookError: it is there but did not work, as where nobody is logged in at a desktop.
    """
    if (program := shutil.which("notify-send")) is None:
        return "no notify-send on this host, so nothing was shown on the desktop"
    urgency = "critical" if urgent else "normal"
    process = await asyncio.create_subprocess_exec(
        program, f"--urgency={urgency}", "--app-name=rollcage", "--", title, text,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, stderr = await asyncio.wait_for(process.communicate(), _DESKTOP_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise HookError("notify-send did not answer") from None
    if process.returncode != 0:
        reason = clean_line(stderr, 200) or f"exit code {process.returncode}"
        raise HookError(f"notify-send did not work: {reason}")
    return "shown on the desktop"


def _body(text: str, proposal: Proposal, outcome: Finished, redactor: Redactor) -> Mapping[str, Any]:
    body: Mapping[str, Any] = redactor.value(
        {
            "text": text,
            "run": {
                "id": proposal.run_id,
                "title": proposal.title,
                "command": proposal.command,
                "session": proposal.session,
                "user": proposal.user,
                "role": proposal.role,
                "mode": proposal.mode,
                "level": None if proposal.assessment is None else str(proposal.assessment.level),
                "state": outcome.state,
                "exit_code": outcome.exit_code,
                "duration_s": round(outcome.duration_s, 3),
            },
        }
    )
    return body
