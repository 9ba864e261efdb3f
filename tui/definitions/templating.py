"""Putting parameter values into steps so that they stay values.

`{{ name }}` becomes the value quoted for the language and for the very place it stands in:

| place                              | what is written                                                          |
|------------------------------------|--------------------------------------------------------------------------|
| bash, as a word or part of one     | `'text'`; an array: one word per item; an object: its JSON as one word   |
| bash, in double quotes             | the text with `\\`, `$`, `"` and backtick escaped; array items by spaces |
| bash, in `$((…))` or a subscript   | the number; other types are refused, since bash would evaluate them      |
| Python, JavaScript                 | a literal of the typed value; `None` or `null` if there is none          |
| Rust, Go                           | a literal; arrays of one type (`["a"]`, `[]string{"a"}`); objects: JSON   |
| a comment                          | left as it is                                                            |

Anywhere else (single quotes, here-documents, strings of a language, backticks, `${…}`) no quoting is right for every
value, so the definition is refused when it is loaded. There are no expressions, conditions or loops: a step is a
program and has its own, and only names can be checked before any value is known. What a program does with a value
afterwards (`eval`, `bash -c "…"`) is the program's business.

The same values are in the environment as `PARAM_` and the name in capitals: text as it is, anything else as JSON; a
parameter without a value has no variable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tui.definitions.code_contexts import code_contexts
from tui.definitions.contexts import Context
from tui.definitions.kinds import ParameterType
from tui.definitions.literals import NoLiteral, literal
from tui.definitions.model import Json, Parameter, Step
from tui.definitions.parameters import as_text
from tui.definitions.placeholders import LITERAL_BRACES, Placeholder, find, nearly
from tui.definitions.shell_contexts import shell_contexts
from tui.definitions.spelling import did_you_mean
from tui.errors import InvalidInput
from tui.languages import Language

ENVIRONMENT_PREFIX: Final = "PARAM_"
MAX_STEP_CHARACTERS: Final = 128 * 1024
MAX_PLACEHOLDERS: Final = 500
_GLUE_BEFORE: Final = re.compile(r"[\w$'\"`\\#]$")
_GLUE_AFTER: Final = re.compile(r"[\w$'\"`]")
_WORD_EDGE: Final = " \t\n;&|()<>"


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """Something wrong in a step, at a line of the file."""

    line: int
    column: int
    message: str
    hint: str
    is_error: bool = True


def environment_name(parameter: str) -> str:
    """Return the environment variable that holds a parameter."""
    return ENVIRONMENT_PREFIX + parameter.upper()


def environment(values: Mapping[str, Json]) -> dict[str, str]:
    """Return the environment variables that hold the values."""
    return {environment_name(name): as_text(value) for name, value in values.items() if value is not None}


def render(step: Step, values: Mapping[str, Json]) -> str:
    """Return the text of a step with the values in it; a name without a value stands for nothing.

    The step must be one of a loaded definition and the values those `parameters.resolve` returned.

    Raises:
        InvalidInput: a language has no literal for a value, or a value has no safe place.
    """
    if step.raw:
        return step.template
    pieces: list[str] = []
    end = 0
    for placeholder, context in _places(step.language, step.template):
        pieces.append(step.template[end : placeholder.start])
        end = placeholder.end
        if placeholder.name is None:
            pieces.append(LITERAL_BRACES)
        elif context is Context.COMMENT:
            pieces.append(step.template[placeholder.start : placeholder.end])
        else:
            pieces.append(_value(step, placeholder, context, values.get(placeholder.name)))
    return "".join((*pieces, step.template[end:]))


def check_step(step: Step, parameters: Sequence[Parameter]) -> list[TemplateProblem]:
    """Return everything that keeps a step from being rendered safely with every possible value."""
    if len(step.template) > MAX_STEP_CHARACTERS:
        message = f"this step is longer than {MAX_STEP_CHARACTERS // 1024} Ki characters"
        return [TemplateProblem(step.line, 1, message, "read large data from a file")]
    if step.raw or "{{" not in step.template:
        return []
    places = _places(step.language, step.template)
    if len(places) > MAX_PLACEHOLDERS:
        return [TemplateProblem(step.line, 1, f"more than {MAX_PLACEHOLDERS} placeholders", "use the environment")]
    known = {parameter.name: parameter for parameter in parameters}
    problems: list[TemplateProblem] = []
    for placeholder, context in places:
        if placeholder.name is None or context is Context.COMMENT:
            continue
        parameter = known.get(placeholder.name)
        if parameter is None:
            hint = did_you_mean(placeholder.name, known) or "declare it under `parameters`"
            hint += '; for literal braces write `{{ "{{" }}` or add `raw` after the language'
            message = f"unknown parameter {placeholder.name!r}"
        else:
            message, hint = _refusal(step, placeholder, context, parameter)
        if message:
            problems.append(TemplateProblem(*_position(step, placeholder.start), message, hint))
    for odd in nearly(step.template):
        if odd.name in known:
            text = step.template[odd.start : odd.end][:60]
            message = f"{text!r} holds more than a name and is left as it is"
            hint = f"write `{{{{ {odd.name} }}}}` with nothing else between the braces"
            problems.append(TemplateProblem(*_position(step, odd.start), message, hint, is_error=False))
    return problems


@lru_cache(maxsize=256)
def _places(language: Language, template: str) -> tuple[tuple[Placeholder, Context], ...]:
    placeholders = list(find(template))
    if not placeholders:
        return ()
    ends = {placeholder.start: placeholder.end for placeholder in placeholders}
    if len(ends) > MAX_PLACEHOLDERS:
        return tuple((placeholder, Context.UNCLEAR) for placeholder in placeholders)
    is_shell = language is Language.BASH
    found = shell_contexts(template, ends) if is_shell else code_contexts(language, template, ends)
    return tuple((placeholder, found.get(placeholder.start, Context.UNCLEAR)) for placeholder in placeholders)


def _value(step: Step, placeholder: Placeholder, context: Context, value: Json) -> str:
    message, hint = _refused_place(step, placeholder, context)
    if message:
        raise InvalidInput(f"{{{{ {placeholder.name} }}}} {message}", hint=hint)
    if context is Context.ARITHMETIC and not isinstance(value, int | float):
        raise InvalidInput(f"{{{{ {placeholder.name} }}}} stands in arithmetic and has no number")
    if step.language is Language.BASH and context is Context.CODE and isinstance(value, list):
        message = _array_refusal(step, placeholder)
        if message:
            raise InvalidInput(f"{{{{ {placeholder.name} }}}} {message}")
    try:
        return literal(step.language, context, value)
    except NoLiteral as error:
        raise InvalidInput(f"{{{{ {placeholder.name} }}}} in a {step.language} step: {error}") from None


def _refusal(step: Step, placeholder: Placeholder, context: Context, parameter: Parameter) -> tuple[str, str]:
    """Return why a parameter cannot stand in a place, and what to do; empty texts if it can."""
    name = f"`{{{{ {parameter.name} }}}}`"
    variable = environment_name(parameter.name)
    message, hint = _refused_place(step, placeholder, context)
    if message:
        return f"{name} {message}", hint
    is_absent_possible = not parameter.required and parameter.default is None
    if context is Context.ARITHMETIC:
        if parameter.type not in {ParameterType.NUMBER, ParameterType.BOOLEAN}:
            return f"{name} stands in arithmetic, where bash would evaluate a {parameter.type}", "use a number"
        if is_absent_possible:
            return f"{name} stands in arithmetic but may have no value", "make it required or give it a default_value"
    if step.language is Language.BASH and context is Context.CODE and parameter.type is ParameterType.ARRAY:
        message = _array_refusal(step, placeholder)
        return (f"{name} {message}", f"put blanks around it, or use ${variable} (JSON)") if message else ("", "")
    if step.language in {Language.RUST, Language.GO} and is_absent_possible:
        hint = "make it required or give it a default_value"
        return f"{name} may have no value, which {step.language} cannot say", hint
    return "", ""


def _refused_place(step: Step, placeholder: Placeholder, context: Context) -> tuple[str, str]:
    variable = environment_name(placeholder.name or "")
    if step.language is not Language.BASH:
        if context is Context.STRING:
            return "stands inside a string", "it becomes a whole literal: take it out of the string and join the two"
        before = step.template[max(0, placeholder.start - 1) : placeholder.start]
        after = step.template[placeholder.end : placeholder.end + 1]
        if context is Context.CODE and (_GLUE_BEFORE.search(before) or _GLUE_AFTER.match(after)):
            return "touches a word or a quote", "put a blank around it"
        if context is Context.CODE:
            return "", ""
        return "stands where strings cannot be told from code", f"close every string, or read {variable}"
    return {
        Context.STRING: (
            "stands inside single quotes",
            f'take the quotes away or use double ones; a program in quotes can read "${variable}"',
        ),
        Context.HERE_DOCUMENT: ("stands in a here-document", f"write ${variable} there, with an unquoted delimiter"),
        Context.EXPANSION: ("stands inside ${…}", f"set a variable first, or use ${variable}"),
        Context.BACKTICKS: ("stands inside backticks", "use $(…)"),
        Context.UNCLEAR: (
            "stands where its quoting is unclear",
            f'close every quote, take away a $ or \\ before it, or use "${variable}"',
        ),
    }.get(context, ("", ""))


def _array_refusal(step: Step, placeholder: Placeholder) -> str:
    before = step.template[max(0, placeholder.start - 1) : placeholder.start]
    after = step.template[placeholder.end : placeholder.end + 1]
    if (before and before not in _WORD_EDGE) or (after and after not in _WORD_EDGE):
        return "is an array and becomes several words, so it must stand alone"
    return ""


def _position(step: Step, offset: int) -> tuple[int, int]:
    before = step.template[:offset]
    return step.line + before.count("\n"), offset - (before.rfind("\n") + 1) + 1
