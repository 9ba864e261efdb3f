"""Risk: what a text would do when it is run, and how bad that would be. Parse, fold, judge, explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.risk.assessing import assess, assess_argv, combine
    from tui.risk.knowledge import BadRules, Knowledge, load_knowledge
    from tui.risk.model import UNKNOWN_INPUT, Assessment

__all__ = [
    "UNKNOWN_INPUT", "Assessment", "BadRules", "Knowledge", "assess", "assess_argv", "combine", "load_knowledge",
]  # fmt: skip
_HOMES = {
    "assess": "assessing", "assess_argv": "assessing", "combine": "assessing", "Assessment": "model",
    "UNKNOWN_INPUT": "model",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use: start-up does not pay for parsers."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"tui.risk.{_HOMES.get(name, 'knowledge')}"), name)
