"""Python code: it behaves as if `python3` had been started for it; kept interpreters keep what they know."""

from __future__ import annotations

import signal

import pytest

from tests.unit.guest_agent.conftest import PATIENCE, Agent
from tui.machines.errors import GuestRefused
from tui.machines.guest.link import AgentLink
from tui.machines.model import Command, ExitReport, TerminalSize


async def python(link: AgentLink, text: str, stdin: bytes = b"", **options: object) -> tuple[ExitReport, bytes, bytes]:
    return await link.run(Command("code", language="python", text=text, **options), stdin)  # type: ignore[arg-type]


async def test_runs_as_main_in_a_plain_interpreter(link: AgentLink, agent_process: Agent) -> None:
    code = (
        "import sys, os\n"
        "print(__name__, sys.argv, sys.path[0] == '', os.getcwd(), sys.stdin.read())\n"
        "print([name for name in sys.modules if name.startswith('tui')], '__file__' in globals())\n"
        "print(sys._getframe().f_back.f_code.co_filename.endswith('agent_python.py'), sys.stdout.seekable())\n"
        "print(sorted(map(int, os.listdir('/proc/self/fd')))[:4], signal := __import__('signal'))\n"
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGCHLD))\n"
        "print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))\n"
    )
    report, stdout, stderr = await python(link, code, b"input")
    lines = stdout.decode().splitlines()
    assert stderr == b""
    assert report.exit_code == 0
    assert lines[0] == f"__main__ [''] True {agent_process.work} input"
    assert lines[1] == "[] False"
    assert lines[2] == "True False"
    assert lines[4] == "True 0"
    assert lines[5] == "set()"


async def test_exceptions_show_the_code_and_nothing_of_the_agent(link: AgentLink) -> None:
    report, stdout, stderr = await python(link, "def f():\n    return 1 / 0  # here\nf()\n")
    assert (report.exit_code, stdout) == (1, b"")
    assert stderr.decode() == (
        "Traceback (most recent call last):\n"
        '  File "<python>", line 3, in <module>\n'
        "    f()\n"
        '  File "<python>", line 2, in f\n'
        "    return 1 / 0  # here\n"
        "           ~~^~~\n"
        "ZeroDivisionError: division by zero\n"
    )


async def test_syntax_errors_point_at_the_place(link: AgentLink) -> None:
    report, _, stderr = await python(link, "x = (1\n")
    assert report.exit_code == 1
    assert stderr.decode().splitlines()[:2] == ['  File "<python>", line 1', "    x = (1"]
    assert stderr.decode().endswith("SyntaxError: '(' was never closed\n")


@pytest.mark.parametrize(
    ("text", "exit_code", "stderr"),
    [
        ("raise SystemExit", 0, b""),
        ("import sys; sys.exit(7)", 7, b""),
        ("import sys; sys.exit(300)", 44, b""),
        ("import sys; sys.exit('because')", 1, b"because\n"),
        ("import os; os._exit(9)", 9, b""),
        ("import sys; sys.excepthook = lambda *a: print('mine', file=sys.stderr); 1/0", 1, b"mine\n"),
        ("import sys; sys.stdout.close(); print('x', file=sys.stderr)", 0, b"x\n"),
    ],
)
async def test_exit_codes(link: AgentLink, text: str, exit_code: int, stderr: bytes) -> None:
    report, _, printed = await python(link, text)
    assert (report.exit_code, printed) == (exit_code, stderr)


async def test_death_by_signal(link: AgentLink) -> None:
    report, _, _ = await python(link, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (report.exit_code, report.signal) == (None, signal.SIGSEGV)


async def test_what_python_does_at_the_end(link: AgentLink, agent_process: Agent) -> None:
    code = (
        "import atexit, threading, time\n"
        "atexit.register(print, 'registered')\n"
        "gate = threading.Event()\n"
        "threading.Thread(target=lambda: (gate.wait(), print('thread'))).start()\n"
        "class Last:\n"
        "    def __del__(self): print('deleted')\n"
        "last = Last()\n"
        "file = open('left-open', 'w'); file.write('kept')\n"
        "print('partial', end='')\n"
        "gate.set()\n"
    )
    report, stdout, stderr = await python(link, code)
    assert (report.exit_code, stderr) == (0, b"")
    assert stdout == b"partialthread\nregistered\ndeleted\n"
    assert (agent_process.work / "left-open").read_text() == "kept"


async def test_environment_and_module_path(link: AgentLink, agent_process: Agent) -> None:
    (agent_process.work / "libs").mkdir()
    (agent_process.work / "libs" / "extra.py").write_text("value = 5")
    (agent_process.work / "beside.py").write_text("value = 6")
    code = "import os, extra, beside; print(os.environ['A'], os.getenv('HOME'), extra.value, beside.value)"
    _, stdout, stderr = await python(link, code, env={"A": "b", "PYTHONPATH": str(agent_process.work / "libs")})
    assert (stdout, stderr) == (b"b /root 5 6\n", b"")


async def test_settings_of_the_interpreter_are_obeyed_by_a_new_one(link: AgentLink) -> None:
    _, stdout, _ = await python(link, "import sys; print(hash('a'), sys.argv)", env={"PYTHONHASHSEED": "0"})
    _, again, _ = await python(link, "import sys; print(hash('a'), sys.argv)", env={"PYTHONHASHSEED": "0"})
    assert stdout == again
    assert b"['-c']" in stdout


async def test_random_numbers_differ_between_runs(link: AgentLink) -> None:
    drawn = {(await python(link, "import random; print(random.random())"))[1] for _ in range(4)}
    assert len(drawn) == 4


async def test_multiprocessing_and_subprocess_work(link: AgentLink) -> None:
    code = (
        "import multiprocessing, subprocess\n"
        "def double(x): return 2 * x\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(double, [1, 2, 3]))\n"
        "print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout)\n"
        "import os\n"
        "if os.fork() == 0: print('forked')\n"
        "else: os.wait(); print('parent')\n"
    )
    report, stdout, stderr = await python(link, code)
    assert (report.exit_code, stderr) == (0, b"")
    assert stdout == b"[2, 4, 6]\nchild\n\nforked\nparent\n"


async def test_lines_are_not_held_back(link: AgentLink) -> None:
    process = await link.start(Command("code", language="python", text="print('one'); input(); print('two')"))
    output = process.output()
    assert (await anext(output)).data == b"one\n"
    await process.write_stdin(b"\n")
    assert (await anext(output)).data == b"two\n"


async def test_interrupt_raises_keyboard_interrupt(link: AgentLink) -> None:
    code = "import time\ntry:\n    print('ready')\n    time.sleep(1000)\nfinally: print('cleaned')"
    process = await link.start(Command("code", language="python", text=code))
    output = process.output()
    assert (await anext(output)).data == b"ready\n"
    await process.signal(signal.SIGINT)
    rest = b"".join([chunk.data async for chunk in output])
    assert rest.startswith(b"cleaned\n")
    assert rest.endswith(b"KeyboardInterrupt\n")
    assert (await process.wait()).signal == signal.SIGINT


async def test_an_interrupt_before_the_code_runs_is_not_lost(link: AgentLink) -> None:
    process = await link.start(Command("code", language="python", text="import time; time.sleep(1000)"))
    await process.signal(signal.SIGINT)
    assert (await process.wait()).signal == signal.SIGINT


async def test_javascript(link: AgentLink) -> None:
    code = "process.stdin.on('data', d => { console.log('got', String(d), process.env.A); process.exitCode = 4 })"
    report, stdout, stderr = await link.run(Command("code", language="javascript", text=code, env={"A": "b"}), b"input")
    assert (report.exit_code, stdout, stderr) == (4, b"got input b\n", b"")


@pytest.mark.parametrize(
    "code",
    [
        "import path from 'node:path'\nconsole.log(path.join('a', 'b'))",
        "const { join } = await import('node:path')\nconsole.log(join('a', 'b'))",
        "console.log(require('path').join('a', 'b'))",
        f"//{'x' * 140_000}\nconsole.log(require('path').join('a', 'b'))",
    ],
    ids=["import", "await", "require", "long"],
)
async def test_javascript_of_both_kinds(link: AgentLink, code: str) -> None:
    report, stdout, stderr = await link.run(Command("code", language="javascript", text=code))
    assert (report.exit_code, stdout, stderr) == (0, b"a/b\n", b"")


class TestKeptInterpreter:
    async def test_variables_persist_under_their_name_only(self, link: AgentLink) -> None:
        await python(link, "x = 1\ndef f(): return x", interpreter="a")
        report, stdout, _ = await python(link, "x += 1; print(f())", interpreter="a")
        assert (report.exit_code, stdout) == (0, b"2\n")
        report, _, stderr = await python(link, "print(x)", interpreter="b")
        assert report.exit_code == 1
        assert b"NameError" in stderr
        assert b"NameError" in (await python(link, "print(x)"))[2]

    async def test_errors_and_exits_leave_it_alive(self, link: AgentLink) -> None:
        await python(link, "x = 1", interpreter="a")
        for code, exit_code in (("1/0", 1), ("import sys; sys.exit(5)", 5), ("x = (", 1)):
            report, _, _ = await python(link, code, interpreter="a")
            assert (report.exit_code, report.interpreter_lost) == (exit_code, False)
        assert (await python(link, "print(x)", interpreter="a"))[1] == b"1\n"

    async def test_tracebacks_name_the_execution_that_defined_the_code(self, link: AgentLink) -> None:
        await python(link, "def fail():\n    raise ValueError('deep')  # first", interpreter="a")
        _, _, stderr = await python(link, "fail()", interpreter="a")
        assert b'File "<python 2>", line 1, in <module>\n    fail()\n' in stderr
        assert b"raise ValueError('deep')  # first" in stderr

    async def test_environment_and_directory(self, link: AgentLink, agent_process: Agent) -> None:
        code = "import os; os.environ['MINE'] = '1'; os.chdir('/'); print(os.environ['GIVEN'])"
        assert (await python(link, code, interpreter="a", env={"GIVEN": "g"}))[1] == b"g\n"
        code = "print(os.environ.get('MINE'), os.environ.get('GIVEN'), os.getcwd())"
        assert (await python(link, code, interpreter="a"))[1] == b"1 None /\n"
        _, stdout, _ = await python(link, code, interpreter="a", cwd=".")
        assert stdout.decode() == f"1 None {agent_process.work}/.\n".replace("/.", "")

    async def test_streams_are_those_of_the_execution(self, link: AgentLink) -> None:
        code = "import logging, sys; logging.basicConfig(stream=sys.stderr); print(sys.stdin.readline())"
        assert (await python(link, code, b"first\nsecond\n", interpreter="a"))[1] == b"first\n\n"
        _, stdout, stderr = await python(link, "logging.error('bad'); print(sys.stdin.read())", b"3", interpreter="a")
        assert (stdout, stderr) == (b"3\n", b"ERROR:root:bad\n")

    async def test_interrupt_keeps_it(self, link: AgentLink) -> None:
        await python(link, "x = 1", interpreter="a")
        process = await link.start(
            Command("code", language="python", text="import time; print('r'); time.sleep(1000)", interpreter="a")
        )
        output = process.output()
        await anext(output)
        await process.signal(signal.SIGINT)
        report = await process.wait()
        assert (report.exit_code, report.interpreter_lost) == (130, False)
        assert (await python(link, "print(x)", interpreter="a"))[1] == b"1\n"

    async def test_death_is_reported_and_a_new_one_takes_its_place(self, link: AgentLink) -> None:
        await python(link, "x = 1", interpreter="a")
        report, stdout, _ = await python(link, "import os; print('last', flush=True); os._exit(3)", interpreter="a")
        assert (report.exit_code, report.interpreter_lost, stdout) == (3, True, b"last\n")
        report, _, stderr = await python(link, "print(x)", interpreter="a")
        assert b"NameError" in stderr
        assert not report.interpreter_lost

    async def test_kill_ends_it(self, link: AgentLink) -> None:
        process = await link.start(
            Command("code", language="python", text="import time; time.sleep(1000)", interpreter="a")
        )
        await process.signal(signal.SIGKILL)
        report = await process.wait()
        assert (report.signal, report.interpreter_lost) == (signal.SIGKILL, True)

    async def test_death_between_executions_is_reported_by_the_next(self, link: AgentLink) -> None:
        code = "import os, threading, time; print(os.getpid())"
        pid = int((await python(link, code, interpreter="a"))[1])
        report, _, _ = await link.run(Command("shell", text=f"kill -9 {pid}; while kill -0 {pid}; do :; done"))
        report, _, _ = await python(link, "pass", interpreter="a")
        assert (report.exit_code, report.interpreter_lost) == (0, True)

    async def test_one_execution_at_a_time(self, link: AgentLink) -> None:
        process = await link.start(Command("code", language="python", text="input()", interpreter="a"))
        with pytest.raises(GuestRefused, match="interpreter 'a' is busy"):
            await link.start(Command("code", language="python", text="pass", interpreter="a"))
        assert (await python(link, "print(1)", interpreter="b"))[1] == b"1\n"
        await process.write_stdin(b"\n")
        assert (await process.wait()).exit_code == 0

    async def test_background_children_do_not_hold_up_the_exit(self, link: AgentLink) -> None:
        code = "import subprocess; child = subprocess.Popen(['sleep', '1000']); print('started')"
        report, stdout, _ = await python(link, code, interpreter="a")
        assert (report.exit_code, stdout, report.detached) == (0, b"started\n", 1)
        await python(link, "child.kill(); child.wait()", interpreter="a")

    async def test_a_fork_that_runs_to_the_end_does_not_serve(self, link: AgentLink) -> None:
        code = "import os\nx = 'parent'\nif os.fork() == 0: x = 'child'\nelse: os.wait()"
        await python(link, code, interpreter="a")
        assert [(await python(link, "print(x)", interpreter="a"))[1] for _ in range(3)] == [b"parent\n"] * 3

    async def test_survives_another_life_of_the_machine(self, link: AgentLink, agent_process: Agent) -> None:
        await python(link, "import ssl, random; x = random.random()", interpreter="a")
        await link.handshake(agent_process.identity(), timeout=PATIENCE)
        assert (await python(link, "print(0 < x < 1)", interpreter="a"))[1] == b"True\n"

    async def test_a_terminal(self, link: AgentLink) -> None:
        code = "import os; print(os.isatty(0), os.get_terminal_size())"
        _, stdout, _ = await python(link, code, interpreter="a", terminal=TerminalSize(10, 33))
        assert stdout == b"True os.terminal_size(columns=33, lines=10)\r\n"
        assert (await python(link, "print(os.isatty(0))", interpreter="a"))[1] == b"False\n"


async def test_packages_installed_meanwhile_are_found(link: AgentLink, agent_process: Agent) -> None:
    where = "import site, os; place = os.environ['PLACE']; site.getusersitepackages = lambda: place\n"
    await python(link, where, interpreter="a", env={"PLACE": str(agent_process.work / "site")})
    (agent_process.work / "elsewhere").mkdir()
    (agent_process.work / "elsewhere" / "developed.py").write_text("value = 7")
    (agent_process.work / "site").mkdir()
    (agent_process.work / "site" / "developed.pth").write_text(str(agent_process.work / "elsewhere"))
    (agent_process.work / "site" / "installed.py").write_text("value = 8")
    _, stdout, stderr = await python(
        link, "import developed, installed; print(developed.value, installed.value)", interpreter="a"
    )
    assert (stdout, stderr) == (b"7 8\n", b"")
