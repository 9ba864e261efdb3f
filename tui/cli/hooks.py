"""`rollcage hooks`: what is heard before and after runs, trying one, and bringing back files that were backed up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.arguments import Subparsers, add_json, add_yes, command, family
from tui.cli.console import agreed, out, out_json, out_table, say
from tui.errors import NotFound, UsageError
from tui.text import clean_line

if TYPE_CHECKING:
    import argparse

    from tui.hooks.backups import Backup, Backups
    from tui.hooks.chain import HookChain
    from tui.hooks.install import InstalledHook
    from tui.hooks.model import ChainResult, HookContext, Point
    from tui.hooks.services import Services
    from tui.proposal import Proposal

_POINTS = (
    "before-assessment", "after-assessment", "before-execution", "after-execution", "before-model-call",
    "after-model-reply",
)  # fmt: skip
EXIT_BLOCKED = 1


def add(subparsers: Subparsers) -> None:
    """Declare the commands."""
    parser, commands = family(
        subparsers,
        "hooks",
        _list,
        "list, show and try hooks; restore what they backed up",
        examples=(
            "rollcage hooks",
            "rollcage hooks show notification",
            "rollcage hooks test preflight --code 'rm -rf /'",
            "rollcage hooks test guard --point after-execution",
            "rollcage hooks restore-backup --list",
            "rollcage hooks restore-backup 01M7Z3RS --into /tmp/restored",
        ),
    )
    add_json(parser)
    add_json(command(commands, "list", _list, "list hooks in the order they are heard"), inherit=True)
    show = command(commands, "show", _show, "show a hook and its options")
    show.add_argument("name", metavar="NAME")
    add_json(show, inherit=True)
    _add_test(command(commands, "test", _test, "hear one hook about code that is not run; it does what it does"))
    _add_restore(command(commands, "restore-backup", _restore, "bring back files saved before a run on the host"))


def _add_test(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("-c", "--code", default="echo hello", help="what would be run (default: %(default)s)")
    parser.add_argument("-l", "--language", choices=("bash", "python", "javascript"), default="bash")
    parser.add_argument("--mode", choices=("local", "firecracker"), default="local", help="where (default: local)")
    parser.add_argument("--point", choices=_POINTS, help="default: the first point at which it is heard")
    add_json(parser, inherit=True)


def _add_restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("backup", nargs="?", metavar="BACKUP", help="its id, or the beginning of it")
    parser.add_argument("--list", action="store_true", help="list the backups there are, the newest first")
    parser.add_argument("--into", type=Path, metavar="DIR", help="restore below this directory instead")
    parser.add_argument("--overwrite", action="store_true", help="replace what is different by now, after a backup")
    add_yes(parser)
    add_json(parser, inherit=True)


def _services() -> Services:
    import sys

    from tui.cli.console import bell_of
    from tui.hooks.services import Services
    from tui.paths import Paths
    from tui.redaction import Redactor

    return Services(Paths.from_environment(), Redactor(), bell=bell_of(sys.stderr))


def _found(services: Services) -> tuple[InstalledHook, ...]:
    from tui.hooks.install import find_hooks, known_names
    from tui.hooks.settings import load_hook_settings

    return find_hooks(load_hook_settings(services.paths, known_names(services.paths)), services)


def _named(name: str, services: Services) -> InstalledHook:
    found = {one.hook.name: one for one in _found(services)}
    if name not in found:
        raise NotFound(f"there is no hook {name!r}", hint=f"there are {', '.join(found)}")
    return found[name]


def _summary(one: InstalledHook) -> dict[str, object]:
    from tui.hooks.entry_points import BrokenHook
    from tui.hooks.model import Point

    hook = one.hook
    return {
        "name": hook.name,
        "enabled": one.enabled,
        "priority": hook.priority,
        "points": [point for point in Point if point in hook.points],
        "timeout_s": one.timeout_s,
        "source": one.source,
        "problem": hook.problem if isinstance(hook, BrokenHook) and one.enabled else None,
    }


def _list(arguments: argparse.Namespace) -> int:
    summaries = [_summary(one) for one in _found(_services())]
    if arguments.json:
        out_json(summaries)
        return 0
    rows = [
        (
            str(one["name"]),
            "broken" if one["problem"] else "on" if one["enabled"] else "off",
            str(one["priority"]),
            ", ".join(map(str, one["points"])) if isinstance(one["points"], list) else "",
            str(one["source"]),
        )
        for one in summaries
    ]
    out_table(("NAME", "STATE", "PRIORITY", "HEARD AT", "SOURCE"), rows)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from dataclasses import fields, is_dataclass

    one = _named(arguments.name, _services())
    summary = _summary(one)
    options = one.options
    if is_dataclass(options):
        options = {option.name: getattr(options, option.name) for option in fields(options)}
    # Of these, anything may hold a password.
    options = _services().redactor.value({name: _plain(value) for name, value in (options or {}).items()})
    if arguments.json:
        out_json({**summary, "options": options})
        return 0
    for name, value in summary.items():
        if value is not None:
            out(f"{name:<12}{clean_line(', '.join(map(str, value)) if isinstance(value, list) else str(value))}")
    if options:
        out("\noptions:")
        for name, value in options.items():
            out(f"  {name}: {clean_line(_words(value))}")
    return 0


def _plain(value: object) -> object:
    from tui.cli.plain import plain

    return plain(value)


def _words(value: object) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# --- trying one -------------------------------------------------------------------------------------------------------


def _test(arguments: argparse.Namespace) -> int:
    import asyncio

    from tui.hooks.chain import HookChain
    from tui.hooks.model import Block, Point

    services = _services()
    one = _named(arguments.name, services)
    heard = [point for point in Point if point in one.hook.points]
    point = Point(arguments.point) if arguments.point else heard[0] if heard else None
    if point is None or point not in heard:
        where = ", ".join(heard) or "nowhere"
        raise UsageError(f"{one.hook.name} is not heard there", hint=f"it is heard at: {where}")
    chain = HookChain([one.hook], assess=_assess, timeout_s=one.timeout_s)
    result = asyncio.run(_heard(chain, point, arguments))
    if arguments.json:
        out_json([record.to_json() for record in result.records])
    else:
        _say_result(result)
    return EXIT_BLOCKED if isinstance(result.decision, Block) else 0


async def _heard(chain: HookChain, point: Point, arguments: argparse.Namespace) -> ChainResult:
    return await chain.run(await _context(point, arguments))


async def _context(point: Point, arguments: argparse.Namespace) -> HookContext:
    import getpass

    from tui.hooks.model import Finished, HookContext, Output
    from tui.proposal import Proposal, ProposedStep

    about = Proposal(
        title=f"test of {arguments.name}",
        steps=(ProposedStep(arguments.code, arguments.language),),
        session="test",
        user=getpass.getuser(),
        role="test",
        mode=arguments.mode,
        cwd=str(Path.cwd()) if arguments.mode == "local" else None,
    )
    if point != "before-assessment":
        about = await _assess(about)
    # One worth telling about, so that a notification is really sent.
    finished = Finished("failed", 1, 60.0, Output("a test of this hook\n")) if point.has_outcome else None
    return HookContext(point, about, finished, arguments.code if point.has_model_text else None)


async def _assess(about: Proposal) -> Proposal:
    from dataclasses import replace

    from tui.risk import assess, assess_argv, combine

    steps = tuple(
        replace(step, assessment=assess_argv(step.argv) if step.argv else assess(step.text, step.language))
        for step in about.steps
    )
    return replace(about, steps=steps, assessment=combine(step.assessment for step in steps if step.assessment))


def _say_result(result: ChainResult) -> None:
    for record in result.records:
        data = record.to_json()
        out(f"{record.name} at {record.point}: {data['decision']} ({record.took_ms:.1f} ms)")
        for key in ("error", "reason", "prompt", "notes", "warnings", "env"):
            value = data.get(key)
            for line in value if isinstance(value, list) else [value] if value else []:
                out(f"  {key}: {clean_line(str(line))}")
    if result.changed:
        out("it would go on with:")
        for step in result.proposal.steps:
            out("\n".join(f"    {line}" for line in step.text.splitlines()))


# --- bringing files back ----------------------------------------------------------------------------------------------


def _restore(arguments: argparse.Namespace) -> int:
    from tui.hooks.builtin.backup import BackupHook
    from tui.hooks.restore import conflicts, restore

    hook = _named("backup", _services()).hook
    assert isinstance(hook, BackupHook)
    backups = hook.backups
    if arguments.list:
        return _list_backups(backups, json=arguments.json)
    if not arguments.backup:
        raise UsageError("say which backup", hint="`rollcage hooks restore-backup --list` shows all")
    backup = backups.find(arguments.backup)
    different = conflicts(backup, arguments.into)
    what = f"{backup.files} files of {backup.at:%Y-%m-%d %H:%M} UTC, {_title(backup)}"
    if arguments.overwrite and different:
        what += "\nreplaces, after a backup:\n" + "\n".join(f"  {path}" for path in different)
    if not agreed(what, "Restore them?", yes=arguments.yes):
        return 130
    result = restore(backups, backup, into=arguments.into, overwrite=arguments.overwrite)
    if arguments.json:
        out_json(result)
        return 0
    for path in result.written:
        out(path)
    say(f"rollcage: {len(result.written)} restored, {result.unchanged} were there as they had been")
    if result.saved_first:
        say(f"rollcage: what was replaced is in backup {result.saved_first}")
    for problem in result.problems:
        say(f"rollcage: {problem}")
    return 0


def _title(backup: Backup) -> str:
    return clean_line(backup.about.get("title", ""), 80) or backup.id


def _list_backups(backups: Backups, *, json: bool) -> int:
    from tui.units import size

    found = backups.all()
    if json:
        out_json(
            [
                {
                    "id": one.id,
                    "at": one.at,
                    "files": one.files,
                    "size": one.size,
                    "about": one.about,
                    "missing": one.missing,
                }
                for one in found
            ]
        )
    elif found:
        rows = [(one.id, f"{one.at:%Y-%m-%d %H:%M}", str(one.files), size(one.size), _title(one)) for one in found]
        out_table(("BACKUP", "AT (UTC)", "FILES", "SIZE", "RUN"), rows)
    else:
        say("rollcage: there are no backups")
    return 0
