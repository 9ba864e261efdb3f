"""Blocks of a reply on real machines: what a failure takes back, and what Python remembers between blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.gates import OpenGate
from tui.config import PoolSettings, Settings
from tui.definitions.reply import read_reply
from tui.paths import Paths
from tui.runs.blocks import requests_for
from tui.runs.engine import Engine
from tui.runs.request import Request, StepRequest
from tui.store.states import RunState

pytestmark = pytest.mark.machine

REPLY = """\
```console
$ echo one > /work/one
ignored output
```

1. Then:

   ```py
   open("/work/two", "w").write("2")
   ```

```sh
touch /work/three
exit 3
```
"""


async def found(engine: Engine, session: str) -> bytes:
    run = engine.run(Request("look", (StepRequest("cd /work && ls -m"),), session=session))
    return (await run.result()).output_head.strip()


async def test_a_failing_block_is_taken_back_alone_and_as_one_run_all_of_them(machine_paths: Paths) -> None:
    settings = replace(Settings(), pool=PoolSettings(low=0, high=0))
    blocks = read_reply(REPLY).blocks
    async with await Engine.open(machine_paths, settings, gate=OpenGate()) as engine:
        each = requests_for(blocks, Request("", (), session="each"))
        assert [(await engine.run(request).result()).state for request in each] == [
            RunState.SUCCEEDED,
            RunState.SUCCEEDED,
            RunState.FAILED,
        ]
        assert await found(engine, "each") == b"one, two"

        (request,) = requests_for(blocks, Request("", (), session="all"), as_one=True)
        assert (await engine.run(request).result()).state is RunState.FAILED
        assert await found(engine, "all") == b""


async def test_python_blocks_share_an_interpreter_that_is_kept(machine_paths: Paths) -> None:
    settings = replace(Settings(), pool=PoolSettings(low=0, high=0))
    blocks = read_reply("```python\nx = 41\n```\n\n```python\nprint(x + 1)\n```\n").blocks
    async with await Engine.open(machine_paths, settings, gate=OpenGate()) as engine:
        like = Request("", (), session="kept", keep_interpreter=True)
        records = [await engine.run(request).result() for request in requests_for(blocks, like)]
        assert records[-1].output_head == b"42\n"
