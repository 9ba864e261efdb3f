"""One family of widgets per file."""
