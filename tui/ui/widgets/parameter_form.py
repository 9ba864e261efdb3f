"""A form made of a definition's parameters: one field each, checked as it is typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from tui.ui.widgets.parameter_field import Field, is_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.definitions.model import Definition, Parameter
    from tui.definitions.parameters import ValueProblem


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
        here = {field.parameter.name: field for field in self._fields()}
        is_other = before is None or definition is None or before.name != definition.name
        fields: list[Field] = []
        for parameter in definition.parameters if definition else ():
            field = here.get(parameter.name)
            if field is not None and not is_other and field.can_become(parameter):
                field.become(parameter)
            else:
                field = Field(parameter, _first_text(parameter, typed))
            fields.append(field)
        await self._replace(fields)
        self._definition = definition

    async def _replace(self, fields: Sequence[Field]) -> None:
        """Show these fields. The focus never leaves the form for where a letter that is typed would be a command."""
        gone = [field for field in self.query(Field) if field not in fields]
        await self.remove_children([field for field in gone if not field.has_focus_within])
        await self.mount_all([field for field in fields if not field.is_attached])
        for field in gone:
            if not field.is_attached:
                continue
            heir = next((each for each in fields if each.parameter.name == field.parameter.name), None)
            if heir is not None and not is_line(field.parameter):
                self.screen.set_focus(heir.control)
            if field.has_focus_within:
                field.outlive()
            else:
                await field.remove()
        order = {field: number for number, field in enumerate(fields)}
        self.sort_children(key=lambda child: order.get(child, -1))  # type: ignore[call-overload]

    def _remember(self) -> None:
        if self._definition is not None:
            self._typed[self._definition.name] = dict(self.values)

    @property
    def values(self) -> Mapping[str, object]:
        """What is in the fields, without those where nothing was entered."""
        return {field.parameter.name: field.value for field in self._fields() if field.value is not None}

    def _fields(self) -> Iterator[Field]:
        yield from (field for field in self.query(Field) if not field.is_gone)

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
            first.control.focus()
        return first is not None

    def focus_first(self) -> bool:
        """Focus the first field; return whether there is one."""
        for field in self._fields():
            field.control.focus()
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
