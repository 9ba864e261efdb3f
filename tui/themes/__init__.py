"""Themes as files: reading, checking and following them. Nothing here knows Textual, so the command line can use it."""
