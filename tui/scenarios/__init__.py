"""Scenarios: markdown files of steps, each with what is expected of it."""
