"""Definitions: markdown commands, their parameters and steps, and the catalog that follows their files.

Everything a caller needs can be imported from here; what is heavy is loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tui.definitions.catalog import Catalog, CatalogDelta, check_path
    from tui.definitions.index import Entry, Index, Stats
    from tui.definitions.kinds import ExecutionMode, ParameterType, Profile, Scope
    from tui.definitions.model import Definition, Json, Parameter, ResourceLimits, Step, Validation
    from tui.definitions.parameters import InvalidParameters, ValueProblem, check, parse_assignments, resolve
    from tui.definitions.parsing import Parsed, parse
    from tui.definitions.problems import Problem, Severity
    from tui.definitions.ranking import search, suggest
    from tui.definitions.reload import watch
    from tui.definitions.templating import environment, environment_name, render
    from tui.languages import Language
    from tui.levels import RiskLevel

__all__ = [
    "Catalog",
    "CatalogDelta",
    "Definition",
    "Entry",
    "ExecutionMode",
    "Index",
    "InvalidParameters",
    "Json",
    "Language",
    "Parameter",
    "ParameterType",
    "Parsed",
    "Problem",
    "Profile",
    "ResourceLimits",
    "RiskLevel",
    "Scope",
    "Severity",
    "Stats",
    "Step",
    "Validation",
    "ValueProblem",
    "check",
    "check_path",
    "environment",
    "environment_name",
    "parse",
    "parse_assignments",
    "render",
    "resolve",
    "search",
    "suggest",
    "watch",
]

_MODULES: Final = {
    "catalog": ("Catalog", "CatalogDelta", "check_path"),
    "index": ("Entry", "Index", "Stats"),
    "model": (
        "Definition", "ExecutionMode", "Json", "Language", "Parameter", "ParameterType", "Profile", "ResourceLimits",
        "RiskLevel", "Scope", "Step", "Validation",
    ),
    "parameters": ("InvalidParameters", "ValueProblem", "check", "parse_assignments", "resolve"),
    "parsing": ("Parsed", "parse"),
    "problems": ("Problem", "Severity"),
    "reload": ("watch",),
    "ranking": ("search", "suggest"),
    "templating": ("environment", "environment_name", "render"),
}  # fmt: skip
_HOME: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"tui.definitions.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
