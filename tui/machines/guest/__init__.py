"""The guest: image, initramfs, agent and the wire to it."""

from __future__ import annotations

from typing import Final

AGENT_FILES: Final = (
    "agent.py",
    "agent_become.py",
    "agent_cgroup.py",
    "agent_command.py",
    "agent_execution.py",
    "agent_files.py",
    "agent_identity.py",
    "agent_interpreter.py",
    "agent_interpreters.py",
    "agent_launch.py",
    "agent_limits.py",
    "agent_loop.py",
    "agent_network.py",
    "agent_python.py",
    "agent_service.py",
    "agent_spawn.py",
    "agent_start.py",
    "agent_streams.py",
    "agent_survey.py",
    "wire.py",
)
"""Files of this package that a guest gets, side by side; `agent.py` is started as a script and finds the others."""
