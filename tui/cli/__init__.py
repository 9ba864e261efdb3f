"""The headless twin: every action of the interface has a spelling here.

Standard output is data and nothing else; talk goes to standard error; exit codes are those of `tui.errors`. One module
per family of commands; each has `add`, which declares its arguments, and imports what it needs only when it is used.
"""
