"""Markdown definitions: model, parsing, parameters, templating, catalog."""
