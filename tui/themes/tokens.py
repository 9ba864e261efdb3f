"""The names a theme may give colours to."""

from __future__ import annotations

from typing import Final

COLOURS: Final = (
    "primary", "secondary", "accent", "success", "warning", "error", "foreground", "background", "surface", "panel",
    "boost",
)  # fmt: skip
"""The keys of a theme file that are colours. Every other colour follows from them unless it is set."""

TOKENS: Final = {
    "risk-low": "text-success",
    "risk-medium": "text-warning",
    "risk-high": "text-error",
    "risk-critical": "text-error",
    "state-good": "text-success",
    "state-active": "text-warning",
    "state-bad": "text-error",
}
"""Rollcage's own names, each with the one whose colour it has in themes that do not set it."""

_SHADED: Final = (
    "accent", "background", "boost", "error", "foreground", "panel", "primary", "primary-background", "secondary",
    "secondary-background", "success", "surface", "warning",
)  # fmt: skip
_SHADES: Final = frozenset(
    f"{name}-{way}-{step}" for name in _SHADED for way in ("darken", "lighten") for step in (1, 2, 3)
)
_HEADINGS: Final = frozenset(
    f"markdown-h{level}-{part}" for level in range(1, 7) for part in ("background", "color", "text-style")
)
_DERIVED: Final = frozenset({
    "accent-muted", "ansi-background", "ansi-foreground", "background-muted", "block-cursor-background",
    "block-cursor-blurred-background", "block-cursor-blurred-foreground", "block-cursor-blurred-text-style",
    "block-cursor-foreground", "block-cursor-text-style", "block-hover-background", "border", "border-blurred",
    "button-color-foreground", "button-focus-text-style", "button-foreground", "error-muted", "footer-background",
    "footer-description-background", "footer-description-foreground", "footer-foreground", "footer-item-background",
    "footer-key-background", "footer-key-foreground", "foreground-disabled", "foreground-muted",
    "input-cursor-background", "input-cursor-foreground", "input-cursor-text-style", "input-selection-background",
    "input-selection-foreground", "link-background", "link-background-hover", "link-color", "link-color-hover",
    "link-style", "link-style-hover", "primary-background", "primary-muted", "screen-selection-background",
    "screen-selection-foreground", "scrollbar", "scrollbar-active", "scrollbar-background",
    "scrollbar-background-active", "scrollbar-background-hover", "scrollbar-corner-color", "scrollbar-hover",
    "secondary-background", "secondary-muted", "success-muted", "surface-active", "text", "text-accent",
    "text-disabled", "text-error", "text-muted", "text-primary", "text-secondary", "text-success", "text-warning",
    "warning-muted",
})  # fmt: skip
VARIABLES: Final = _DERIVED | _SHADES | _HEADINGS | TOKENS.keys()
"""Everything that may stand under `variables`: what Textual derives from the colours, and Rollcage's own names."""
STYLE_VARIABLES: Final = frozenset(
    name for name in VARIABLES if name.endswith(("-text-style", "link-style", "link-style-hover"))
)
"""Those that are text styles, such as `bold underline`, and no colours."""
