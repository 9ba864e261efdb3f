"""Everything about one command: badges, problems, the form, its documentation and its steps."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.text import clean, clean_line
from tui.ui.bindings import bindings_of
from tui.ui.describe import MODE_MEANINGS, RISK_GLYPHS, SCOPE_MEANINGS
from tui.ui.evidence import LEVEL_STYLES
from tui.ui.widgets.reading import Reading
from tui.units import duration

if TYPE_CHECKING:
    from textual.widgets import Button

    from tui.definitions.index import Entry
    from tui.definitions.model import Definition
    from tui.ui.keyed_app import KeyedApp
    from tui.ui.widgets.parameter_field import Field
    from tui.ui.widgets.parameter_form import ParameterForm

_DOCUMENTATION_LIMIT = 8000
"""Characters of prose that are laid out: every paragraph is a widget, and widgets are slow in the hundreds."""
_NOTHING = "Choose a command at the left."
_LEXERS = {"bash": "bash", "python": "python", "javascript": "javascript", "rust": "rust", "go": "go"}


class Details(VerticalScroll, Reading):
    """The middle pane."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of("form")
    DEFAULT_CSS = """
    Details {
        background: $surface;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        & .details--section { color: $text-secondary; text-style: bold; margin-top: 1; }
        & #details-problems { color: $text-warning; margin-top: 1; display: none; }
        & #details-problems.-some { display: block; }
        & #details-form { margin-top: 1; }
        & #details-run { min-width: 16; height: 1; border: none; }
        & #details-documentation { margin: 1 0 0 0; padding: 0; background: $surface; }
        & MarkdownH1 { content-align: left middle; text-align: left; }
        & #details-code { background: $panel; padding: 0 1; margin-top: 1; }
        & .-absent { display: none; }
        & #details-empty { color: $text-muted; display: none; padding: 1 0; }
        &.-empty > * { display: none; }
        &.-empty > #details-empty { display: block; }
    }
    """

    class RunPressed(Message):
        """A person wants the command run as the form has it."""

    class Changed(Message):
        """Another command is shown, or something was typed or picked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="-empty")
        self.entry: Entry | None = None
        """What is shown."""
        self._wanted: Entry | None = None
        self._form: ParameterForm | None = None
        self._showing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Say that there is nothing to show; all else is laid out with the first command."""
        yield Static(_NOTHING, id="details-empty", markup=False)

    async def _lay_out(self) -> None:
        # What a form takes is slow to import: before the first paint it would hold that up, and later any key.
        module = await asyncio.to_thread(importlib.import_module, "tui.ui.widgets.parameter_form")
        from textual.widgets import Button

        self._form = form = module.ParameterForm(id="details-form")
        key = cast("KeyedApp", self.app).key_of("run.run")
        await self.mount_all(
            [
                Static(id="details-head", markup=False),
                Static(id="details-problems", markup=False),
                form,
                Button(Content(f"▶ Run  {key}".rstrip()), id="details-run", variant="primary", compact=True),
                Static(id="details-code", markup=False),
            ]
        )

    @property
    def form(self) -> ParameterForm:
        """The fields of the `entry`; to be asked for only where there is one."""
        assert self._form is not None
        return self._form

    @property
    def is_settled(self) -> bool:
        """Whether nothing is being laid out: the form is whole."""
        return not self._showing.locked()

    async def show(self, entry: Entry | None, *, without: str = "") -> None:
        """Show a command, or that there is none and `without` why. Of several calls at once the last one counts."""
        self._wanted = entry
        self.query_one("#details-empty", Static).update(without or _NOTHING)
        # Laying out takes several steps, and two commands must not be mixed in one form.
        async with self._showing:
            if self._wanted is entry:
                await self._show(entry)
        self.post_message(self.Changed())

    async def _show(self, entry: Entry | None) -> None:
        other = self.entry is None or entry is None or entry.name != self.entry.name
        if entry is not None and self._form is None:
            await self._lay_out()
        self.entry = entry
        self.set_class(entry is None, "-empty")
        if entry is None:
            return
        definition = entry.definition
        problems = self.query_one("#details-problems", Static)
        problems.update(_problems(entry))
        problems.set_class(bool(entry.problems), "-some")
        self.query_one("#details-run").set_class(definition is None, "-absent")
        if definition is None:
            self.query_one("#details-head", Static).update(Content.styled(clean_line(entry.name), "bold"))
        else:
            self.query_one("#details-head", Static).update(_head(entry, definition))
        await self.form.show(definition)
        await self._show_text(definition)
        if other:
            self.scroll_home(animate=False)

    async def _show_text(self, definition: Definition | None) -> None:
        code = self.query_one("#details-code", Static)
        code.set_class(definition is None, "-absent")
        if definition is not None:
            code.update(_steps(definition))
        # Not needed for the first paint, and so slow to import that the interface would stutter.
        await asyncio.to_thread(importlib.import_module, "textual.widgets._markdown")
        from textual.widgets import Markdown

        documentation = self.query_one_optional("#details-documentation", Markdown)
        if documentation is None:
            # Links are not live: what a person would open is not always what a person reads.
            documentation = Markdown(id="details-documentation", open_links=False)
            await self.mount(documentation, before=code)
        await documentation.update(_documentation(definition))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let enter through to the fields."""
        return self.has_focus if action == "enter" else True

    def action_enter(self) -> None:
        """Begin to fill the form in."""
        self.focus_form()

    def focus_form(self) -> None:
        """Focus the first field, or the run button."""
        if self.entry is not None and not self.form.focus_first():
            self.query_one("#details-run").focus()

    def on_field_changed(self, event: Field.Changed) -> None:
        """Tell that something was typed or picked."""
        event.stop()
        self.post_message(self.Changed())

    def on_parameter_form_submitted(self, event: ParameterForm.Submitted) -> None:
        """Run the command as the form has it."""
        event.stop()
        self.post_message(self.RunPressed())

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Run the command: there is one button."""
        event.stop()
        self.post_message(self.RunPressed())


def _head(entry: Entry, definition: Definition) -> Content:
    risk = f"{RISK_GLYPHS[definition.risk_level]} {definition.risk_level} risk"
    facts = [
        SCOPE_MEANINGS[entry.scope],
        MODE_MEANINGS[definition.execution_mode],
        *([f"profile {definition.profile}"] if definition.profile else []),
        *([f"timeout {duration(definition.timeout)}"] if definition.timeout else []),
        f"v{clean_line(definition.version, 20)}",
    ]
    if limits := definition.resource_limits:
        facts += [f"{limits.max_memory_mb} MB memory"] if limits.max_memory_mb else []
        facts += [f"{limits.max_disk_mb} MB disk"] if limits.max_disk_mb else []
        facts += ["network"] if limits.network_access else ["no network"]
    if definition.aliases:
        facts.append("also " + ", ".join(map(clean_line, definition.aliases)))
    if entry.shadows:
        facts.append("hides the one that is " + ", ".join(SCOPE_MEANINGS[each.scope] for each in entry.shadows))
    return Content.assemble(
        (clean_line(definition.name), "bold $text-primary"),
        "  ",
        (risk, LEVEL_STYLES[definition.risk_level]),
        "\n",
        clean_line(definition.description),
        "\n",
        (" · ".join(facts), "$text-muted"),
    )


def _documentation(definition: Definition | None) -> str:
    """Return the prose, without a heading that only repeats the name; a very long text is cut."""
    if definition is None:
        return ""
    text = clean(definition.documentation).strip()
    first, _, rest = text.partition("\n")
    if first.lstrip("# ").casefold() == definition.name.casefold():
        text = rest.strip()
    if len(text) > _DOCUMENTATION_LIMIT:
        text = f"{text[:_DOCUMENTATION_LIMIT]} …\n\n(The rest is in the file.)"
    return text


def _problems(entry: Entry) -> Content:
    title = ""
    if entry.stale:
        title = "⚠ The file has errors; this is its last good version.\n"
    elif entry.broken:
        title = "⚠ The file has errors and cannot be run.\n"
    lines = (
        f"  line {each.line}: {each.message}" + (f" ({each.hint})" if each.hint else "") for each in entry.problems
    )
    return Content(clean(title + "\n".join(lines)))


def _steps(definition: Definition) -> Content:
    from textual.highlight import highlight

    parts: list[Content] = []
    for number, step in enumerate(definition.steps, 1):
        title = f"step {number}/{len(definition.steps)} · {step.language} · line {step.line}\n"
        text = clean(step.template).strip("\n")
        parts.append(Content.styled(title, "$text-muted") + highlight(text, language=_LEXERS[step.language]))
    return Content("\n\n").join(parts)
