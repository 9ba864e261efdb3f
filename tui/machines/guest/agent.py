"""The first user process of a machine: serves the host through the virtio-serial port.

Started as a script beside the other agent files. They name one another by their place in this package, which a guest
does not have; so this file makes package objects whose parts are looked for in its own directory. That keeps one
spelling of the imports on both sides, and nothing but this directory on the way.

With `--fd N` the agent speaks on that inherited descriptor and leaves the system alone (no identity, no mounts, no
control groups): so it can be exercised without a machine.
"""

from __future__ import annotations

import os
import sys
import types


def _lay_out_package() -> None:
    here = os.path.dirname(os.path.abspath(__file__))  # pathlib costs start-up time
    for name in ("tui", "tui.machines", "tui.machines.guest"):
        package = types.ModuleType(name)
        package.__path__ = [here]
        sys.modules[name] = package
    if sys.path and sys.path[0] == here:
        del sys.path[0]


if __name__ == "__main__":
    _lay_out_package()
    from tui.machines.guest import agent_start

    # What a forked child becomes is called here, after the whole stack of the agent is gone from it.
    become = agent_start.serve(sys.argv[1:])
    become()
