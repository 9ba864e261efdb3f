"""Hooks: what a person hangs into a run, before and after its steps."""
