"""The field of one parameter: its name, its control, and below what it means or what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Select

from tui.definitions.kinds import ParameterType
from tui.text import clean, clean_line
from tui.ui.reach import NamesKeys
from tui.ui.widgets.line_input import LineInput
from tui.ui.widgets.toggle import Toggle

if TYPE_CHECKING:
    from textual.widget import Widget

    from tui.definitions.model import Parameter
    from tui.keymap.key import Key

_PLACEHOLDERS: Final = {
    ParameterType.STRING: "",
    ParameterType.NUMBER: "a number",
    ParameterType.BOOLEAN: "",
    ParameterType.ARRAY: 'one, two   or   ["one", "two"]',
    ParameterType.OBJECT: '{"key": "value"}',
}
_CONTROLS: Final = "Input, Select, Toggle"
_GONE: Final = "the command changed on disk and has no such parameter any more"


class Field(Vertical, NamesKeys):
    """A parameter's name, its control, and below what it means or what is wrong with it."""

    DEFAULT_CSS = """
    Field {
        height: auto;
        margin-bottom: 1;
        & > Horizontal { height: 1; }
        & .field--name { width: 18; color: $text-primary; text-style: bold; }
        & .field--hint { width: 1fr; padding-left: 18; color: $text-muted; height: auto; }
        &.-invalid .field--hint { color: $text-error; }
        &.-invalid .field--name { color: $text-error; }
        & Input { background: $panel; }
        & Select { width: 1fr; }
    }
    """

    class Changed(Message):
        """Something was typed or picked."""

    def __init__(self, parameter: Parameter, text: str | None) -> None:
        super().__init__()
        self.parameter = parameter
        self._text = text
        self._touched = False
        self.is_gone = False
        """Whether it is only here because somebody types in it: its parameter is not there any more."""

    def compose(self) -> ComposeResult:
        """Lay the field out."""
        with Horizontal():
            yield Label(self._heading(), classes="field--name", markup=False)
            yield self._control()
        yield Label(self._hint(), classes="field--hint", markup=False)

    def _heading(self) -> str:
        return clean_line(self.parameter.name, 15) + (" *" if self.parameter.required else "")

    def _control(self) -> Widget:
        parameter, text = self.parameter, self._text
        if _is_switch(parameter):
            return Toggle((text or "").strip().lower() in ("true", "yes", "on", "1"))
        if choices := _choices(parameter):
            chosen = text if text in choices else Select.NULL
            return Select(
                [(Content(clean_line(choice)), choice) for choice in choices],
                value=chosen,
                prompt="choose",
                allow_blank=not parameter.required or chosen is Select.NULL,
                compact=True,
            )
        placeholder = _PLACEHOLDERS[parameter.type]
        return LineInput(self._shown, placeholder=placeholder, password=parameter.secret, compact=True)

    @property
    def _shown(self) -> str:
        """The text at first, as a line can show it: what is in a line goes to the terminal as it is."""
        text = self._text or ""
        return text if self.parameter.secret else clean_line(text)

    def _hint(self) -> str:
        parameter = self.parameter
        parts = [clean_line(parameter.description)] if parameter.description else []
        if parameter.type not in (ParameterType.STRING, ParameterType.BOOLEAN):
            parts.append(str(parameter.type))
        rules = parameter.validation
        if rules.minimum is not None or rules.maximum is not None:
            low = "" if rules.minimum is None else f"{rules.minimum:g}"
            high = "" if rules.maximum is None else f"{rules.maximum:g}"
            parts.append(f"{low}…{high}")
        if rules.pattern is not None:
            parts.append(clean_line(rules.pattern.pattern, 40))
        if parameter.secret:
            parts.append("secret: not in records, log or output")
        if parameter.required:
            parts.append("required")
        return " · ".join(parts)

    @property
    def control(self) -> Widget:
        """What the value is entered with."""
        return self.query_one(_CONTROLS)

    def key_label(self, key: Key) -> str:
        """Say that enter runs the command."""
        return "Run" if key.id == "line.done" and not self.is_gone else ""

    def can_become(self, parameter: Parameter) -> bool:
        """Say whether a parameter can be entered with the control that is here."""
        return (is_line(self.parameter) and is_line(parameter)) or self.parameter == parameter

    def become(self, parameter: Parameter) -> None:
        """Be the field of another parameter; what was typed and the cursor stay."""
        if parameter == self.parameter:
            return
        self.parameter = parameter
        self.query_one(".field--name", Label).update(self._heading())
        line = self.query_one(Input)
        line.placeholder, line.password = _PLACEHOLDERS[parameter.type], parameter.secret
        self.show_problem(self.problem() if self._touched else "")

    def outlive(self) -> None:
        """Stay without a parameter until the focus moves on: elsewhere the next letters would act as commands."""
        self.is_gone = True
        self.show_problem(_GONE)

    def on_descendant_blur(self) -> None:
        """Go once nobody types here any more; that the terminal lost the focus does not count."""
        if self.is_gone and self.app.app_focus:
            self.remove()

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        if self.is_gone:
            event.stop()

    @property
    def value(self) -> object:
        """What is in the field: text, a bool, or None where nothing was entered."""
        control = self.control
        if isinstance(control, Toggle):
            return control.value
        if isinstance(control, Select):
            return None if control.value is Select.NULL else control.value
        assert isinstance(control, Input)
        if self._text is not None and control.value == self._shown != self._text:
            return self._text  # nothing was typed: it is the value of the definition, also where that cannot be shown
        if control.value == "" and (self.parameter.type is not ParameterType.STRING or self.parameter.required):
            return None
        return control.value if control.value or self._touched or self._text is not None else None

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Toggle.Changed)
    def _check(self, event: Message) -> None:
        event.stop()
        if self.is_gone:
            return
        self._touched = True
        self.show_problem(self.problem())
        self.post_message(self.Changed())

    def problem(self) -> str:
        """Return what is wrong with the value, or nothing."""
        from tui.definitions.parameters import checked

        value = self.value
        if value is None:
            return "is required" if self.parameter.required else ""
        try:
            checked(self.parameter, value)
        except ValueError as error:
            return str(error)
        return ""

    def show_problem(self, problem: str) -> None:
        """Show a problem in place of the hint, or the hint again."""
        self.set_class(bool(problem), "-invalid")
        hint = self.query_one(".field--hint", Label)
        hint.update(f"✗ {clean(problem)}" if problem else self._hint())


def _is_switch(parameter: Parameter) -> bool:
    return parameter.type is ParameterType.BOOLEAN and not parameter.validation.allowed_values


def _choices(parameter: Parameter) -> list[str]:
    """Return the values one of which is picked, if that is how it is entered."""
    from tui.definitions.parameters import as_text

    if parameter.type is ParameterType.ARRAY:
        return []
    return [as_text(value) for value in parameter.validation.allowed_values]


def is_line(parameter: Parameter) -> bool:
    """Say whether it is typed into a line."""
    return not _is_switch(parameter) and not _choices(parameter)
