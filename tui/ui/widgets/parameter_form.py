"""A form made of a definition's parameters: one field each, checked as it is typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Select

from tui.definitions.kinds import ParameterType
from tui.text import clean, clean_line
from tui.ui.widgets.line_input import LineInput
from tui.ui.widgets.toggle import Toggle

if TYPE_CHECKING:
    from textual.widget import Widget

    from tui.definitions.model import Definition, Parameter
    from tui.definitions.parameters import ValueProblem

_PLACEHOLDERS: Final = {
    ParameterType.STRING: "",
    ParameterType.NUMBER: "a number",
    ParameterType.BOOLEAN: "",
    ParameterType.ARRAY: 'one, two   or   ["one", "two"]',
    ParameterType.OBJECT: '{"key": "value"}',
}


class Field(Vertical):
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

    def compose(self) -> ComposeResult:
        """Lay the field out."""
        parameter = self.parameter
        with Horizontal():
            star = " *" if parameter.required else ""
            yield Label(clean_line(parameter.name, 15) + star, classes="field--name", markup=False)
            yield self._control()
        yield Label(self._hint(), classes="field--hint", markup=False)

    def _control(self) -> Widget:
        from tui.definitions.parameters import as_text

        parameter, text = self.parameter, self._text
        if parameter.type is ParameterType.BOOLEAN and not parameter.validation.allowed_values:
            return Toggle((text or "").strip().lower() in ("true", "yes", "on", "1"))
        choices = [as_text(value) for value in parameter.validation.allowed_values]
        if choices and parameter.type is not ParameterType.ARRAY:
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
            parts.append("secret: kept nowhere")
        if parameter.required:
            parts.append("required")
        return " · ".join(parts)

    @property
    def value(self) -> object:
        """What is in the field: text, a bool, or None where nothing was entered."""
        control = self.query_one("Input, Select, Toggle")
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


class ParameterForm(Vertical):
    """All fields of one definition."""

    DEFAULT_CSS = """
    ParameterForm { height: auto; }
    """

    @dataclass
    class Submitted(Message):
        """Enter was pressed in a field."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._definition: Definition | None = None
        self._typed: dict[str, dict[str, object]] = {}
        """What was typed, by definition, so that looking at another one loses nothing."""

    async def show(self, definition: Definition | None) -> None:
        """Show the fields of a definition. The same parameters as before keep their fields as they are."""
        before = self._definition
        self._remember()
        if before and definition and (before.name, before.parameters) == (definition.name, definition.parameters):
            self._definition = definition
            return
        self._definition = None
        typed = self._typed.get(definition.name, {}) if definition else {}
        await self.remove_children()
        if definition is not None:
            await self.mount_all([Field(each, _first_text(each, typed)) for each in definition.parameters])
        self._definition = definition

    def _remember(self) -> None:
        if self._definition is not None:
            self._typed[self._definition.name] = dict(self.values)

    @property
    def values(self) -> Mapping[str, object]:
        """What is in the fields, without those where nothing was entered."""
        return {field.parameter.name: field.value for field in self._fields() if field.value is not None}

    def _fields(self) -> Iterator[Field]:
        yield from self.query(Field)

    def problems(self) -> list[str]:
        """Return the names of the fields that cannot be used as they are."""
        return [field.parameter.name for field in self._fields() if field.problem()]

    def show_problems(self, problems: tuple[ValueProblem, ...] = ()) -> bool:
        """Show in every field what is wrong, and focus the first such; return whether there was one."""
        given = {problem.parameter: problem.message for problem in problems}
        first: Field | None = None
        for field in self._fields():
            problem = given.get(field.parameter.name) or field.problem()
            field.show_problem(problem)
            if problem and first is None:
                first = field
        if first is not None:
            first.query_one("Input, Select, Toggle").focus()
        return first is not None

    def focus_first(self) -> bool:
        """Focus the first field; return whether there is one."""
        for field in self._fields():
            field.query_one("Input, Select, Toggle").focus()
            return True
        return False

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())


def _first_text(parameter: Parameter, typed: Mapping[str, object]) -> str | None:
    from tui.definitions.parameters import as_text

    value = typed.get(parameter.name)
    if value is None:
        return None if parameter.default is None else as_text(parameter.default)
    return value if isinstance(value, str) else as_text(value)  # type: ignore[arg-type]
