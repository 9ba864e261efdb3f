"""Judges of programs: what a Python or JavaScript text would do, by reading it, never by running it.

An abstract interpreter (`python_reader`, `javascript_reader`) walks the syntax tree in the order it would run, folds
what is known (strings put together, decoded, looked up by name) and follows where values come from. What a function of
a library does is data (`python_library`, `javascript_library`); what an effect on an object means is decided once for
both languages (`files`, `processes`, `network`, `evaluation`, `machine`).
"""
