"""The audit log: what was decided or changed, by whom and when, each record hashed over the one before it.

`docs/audit.md` says what verification finds and what it cannot.
"""
