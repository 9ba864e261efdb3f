"""The README says what is true: its tables are compared with the code."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tui.cli import codes
from tui.cli.approving import describe
from tui.cli.command_line import build_parser
from tui.cli.main import main
from tui.config import Settings
from tui.definitions import Catalog, Scope
from tui.definitions.model import Definition, Parameter
from tui.errors import RollcageError
from tui.machines.local.confinement import Confinement
from tui.policy.verdict import Outcome
from tui.proposal import Proposal, ProposedStep
from tui.risk import assess
from tui.risk.assessing import default_knowledge
from tui.runs import events
from tui.runs.approval import Answer, Question
from tui.runs.modes import decide
from tui.store.states import RunState

ROOT = Path(__file__).resolve().parent.parent
CONFIRM = "yes, run it"
README = (ROOT / "README.md").read_text()


def settings(section: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for item in fields(section):
        value = getattr(section, item.name)
        if is_dataclass(value):
            yield from settings(value, f"{prefix}{item.name}.")
        else:
            yield prefix + item.name, str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("key", "default"), settings(Settings()))
def test_every_setting_is_listed_with_its_default(key: str, default: str) -> None:
    assert f"| `{key}` | `{default}` | " in README


def test_every_command_and_option_is_named() -> None:
    def words(parser: argparse.ArgumentParser) -> Iterator[str]:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, child in action.choices.items():
                    yield name
                    yield from words(child)

    def options(name: str) -> Iterator[str]:
        subparsers = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
        for action in subparsers.choices[name]._actions:
            yield from action.option_strings[-1:]

    for word in words(build_parser()):
        assert f"`{word}" in README or f"rollcage {word}" in README, word
    for option in {*options("run"), *options("exec")} - {"--help", "--quiet", "--verbose"}:
        assert f"`{option}" in README or f"/`{option}" in README or option in README, option


def test_every_event_is_listed() -> None:
    names = [
        name for name, kind in vars(events).items()
        if isinstance(kind, type) and issubclass(kind, events.Event) and kind is not events.Event
    ]  # fmt: skip
    for name in set(names) - {"PoolChanged"}:  # of the application, not of a run
        assert f"`{name}`" in README, name


def test_every_field_of_a_definition_is_listed() -> None:
    own = {"steps", "documentation", "path", "scope", "content_hash", "problems"}
    for item in fields(Definition):
        if item.name not in own:
            assert f"| `{item.name}` | " in README, item.name


def test_every_key_of_a_parameter_is_listed() -> None:
    for item in fields(Parameter):
        key = {"default": "default_value"}.get(item.name, item.name)
        assert key == "line" or f"| `{key}` | " in section("Definitions"), key


def test_every_exit_code_is_listed() -> None:
    def below(kind: type[RollcageError]) -> Iterator[type[RollcageError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    known = {value for name, value in vars(codes).items() if name.startswith("EXIT_")}
    known |= {kind.exit_code for kind in below(RollcageError)}
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", section("Commands"), re.MULTILINE)}
    assert listed == known
    assert all(f"{code}  " in build_parser().format_help() for code in known)


def test_every_state_of_a_run_is_listed() -> None:
    for state in set(RunState) - {RunState.RUNNING}:
        assert f"`{state}`" in section("Commands"), state


def test_every_decision_a_program_may_read_is_listed() -> None:
    for word in (*Answer, *Outcome, "no-answer"):
        assert f"`{word}`" in section("Commands"), word


# Its examples are what they seem


def test_the_question_it_shows_is_the_one_that_is_put() -> None:
    text = "rm -rf /work/* /usr; exit 3"
    judged = assess(text)
    nowhere = Confinement(ROOT, reason="nobody asked")
    mode = decide(judged, asked=None, limits=None, confinement=nowhere, backend_works=None, settings=Settings())
    proposal = Proposal(text, (ProposedStep(text, "bash", assessment=judged),), "default", "ada", "engineer")
    question = Question(
        run_id="R", session="default", title=text, level=judged.level, reasons=(mode.confirmation,),
        proposal=replace(proposal, assessment=judged), mode=str(mode.mode), mode_reason=mode.reason, to_type=CONFIRM,
    )  # fmt: skip
    shown = [line.rstrip() for line in section("A first run, a first rollback").splitlines()]
    begin = shown.index(f"$ rollcage exec '{text}'") + 1
    end = next(number for number, line in enumerate(shown) if line.startswith(f"Type {CONFIRM!r}"))
    # The README wraps what the terminal does not.
    assert " ".join(" ".join(shown[begin:end]).split()) == " ".join(" ".join(describe(question, colour=False)).split())


def test_what_it_calls_harmless_is() -> None:
    assert "Nothing was asked" in section("A first run, a first rollback")
    assert assess("echo precious > /work/file; ls /work").level < Settings().gate.ask_from
    assert assess("rm /work/file").level < Settings().gate.ask_from


def section(title: str) -> str:
    """The text below a second-level heading."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def blocks(language: str, title: str) -> list[str]:
    """The fenced blocks of a language in a section."""
    return re.findall(rf"^```{language}\n(.*?)^```$", section(title), re.MULTILINE | re.DOTALL)


def test_the_definition_it_shows_is_one(tmp_path: Path) -> None:
    [text] = re.findall(r"^````markdown\n(.*?)^````$", section("Definitions"), re.MULTILINE | re.DOTALL)
    (tmp_path / "greet.md").write_text(text)
    catalog = Catalog([(Scope.USER, tmp_path)])
    catalog.refresh()
    assert catalog.index.problems == ()
    assert catalog.index.resolve("greet").parameters[0].name == "who"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home with the files that the README shows."""
    policy, hooks, rule = blocks("yaml", "Files of yours")
    [program], [concept] = blocks("python", "Files of yours"), blocks("markdown", "Files of yours")
    config = tmp_path / "config"
    for name, text in {
        "policy.yaml": policy, "hooks.yaml": hooks, "rules/acme.yaml": rule, "hooks/50-ticket": program,
        "knowledge/payments.md": concept,
    }.items():  # fmt: skip
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(text)
    (config / "hooks" / "50-ticket").chmod(0o755)
    default_knowledge.cache_clear()
    yield tmp_path
    default_knowledge.cache_clear()


def test_the_files_it_shows_are_valid_and_do_what_it_says(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROLLCAGE_HOME", str(home))
    monkeypatch.chdir(home)

    def says(*arguments: str) -> tuple[int, str]:
        code = main(arguments, lambda *_: 0)
        return code, capsys.readouterr().out

    code, shown = says("policy", "test", "mkfs.ext4 /dev/sdb")
    assert (code, "disks are made by the platform team" in shown) == (1, True)
    assert says("policy", "test", "rm -rf /")[0] == 1  # refuse: critical
    assert "2 per day (command deploy)" in says("policy")[1]
    assert says("knowledge", "match", "a refund")[1] == "Payments\n"
    assert says("knowledge", "check")[0] == 0
    code, shown = says("assess", "acme deploy shop --to production", "--fail-on", "high")
    assert (code, shown.splitlines()[0].split("   ")[0]) == (1, "HIGH  deploys shop where customers are")
    code, shown = says("hooks", "test", "ticket", "--code", "rm -rf /srv/app")
    assert (code, "Is there a ticket for this?" in shown) == (0, True)
    assert "min_duration: 60" in says("hooks", "show", "notification")[1]


def test_what_it_links_to_is_there() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"
    for path in ("CONTRIBUTING.md", "LICENSE", "CHANGELOG.md", "docs/architecture.md"):
        assert (ROOT / path).is_file(), path


def test_every_document_is_linked() -> None:
    for document in (ROOT / "docs").glob("*.md"):
        assert f"docs/{document.name}" in README, document.name
