"""What functions of Python's library and of common packages do: one row a function."""

from __future__ import annotations

import re
from typing import Final

from tui.risk.code.operations import Action as A  # noqa: N817 - a table
from tui.risk.code.operations import Argument, Operation, on, source
from tui.risk.code.values import Label as L  # noqa: N817 - a table

SELF: Final[Argument] = (-1, "")
"""The object whose method is called."""

BARE: Final = {
    "Popen": "subprocess.Popen", "check_output": "subprocess.check_output", "check_call": "subprocess.check_call",
    "urlopen": "urllib.request.urlopen", "urlretrieve": "urllib.request.urlretrieve", "rmtree": "shutil.rmtree",
    "copyfile": "shutil.copyfile", "copy2": "shutil.copy2", "b64decode": "base64.b64decode",
    "b32decode": "base64.b32decode",
    "b85decode": "base64.b85decode", "a85decode": "base64.a85decode", "unhexlify": "binascii.unhexlify",
    "Fernet": "cryptography.fernet.Fernet",
    "urlsafe_b64decode": "base64.urlsafe_b64decode", "getoutput": "subprocess.getoutput", "Path": "pathlib.Path",
    "import_module": "importlib.import_module", "gethostname": "socket.gethostname", "getuser": "getpass.getuser",
    "ImageGrab": "PIL.ImageGrab", "windll": "ctypes.windll", "cdll": "ctypes.cdll", "CDLL": "ctypes.CDLL",
    "getnode": "uuid.getnode",
    "raw_input": "input", "dup2": "os.dup2", "CryptUnprotectData": "win32crypt.CryptUnprotectData",
}  # fmt: skip
"""Names so well known that a text which does not import them still means them."""

ALIASES: Final = (
    ("posix.", "os."), ("nt.", "os."), ("urllib2.", "urllib.request."), ("urllib.urlopen", "urllib.request.urlopen"),
    ("urllib.urlretrieve", "urllib.request.urlretrieve"), ("urllib.urlencode", "urllib.parse.urlencode"),
    ("urllib.quote", "urllib.parse.quote"),
    ("httplib.", "http.client."), ("commands.", "subprocess."), ("__builtin__.", "builtins."),
    ("__builtins__.", "builtins."),
    ("_io.", "io."), ("codecs.open", "io.open"), ("cPickle.", "pickle."), ("_pickle.", "pickle."), ("dill.", "pickle."),
    ("cloudpickle.", "pickle."), ("_posixsubprocess.", "subprocess."), ("pathlib.PosixPath", "pathlib.Path"),
    ("pathlib.PurePath", "pathlib.Path"), ("pathlib.WindowsPath", "pathlib.Path"), ("ntpath.", "os.path."),
    ("posixpath.", "os.path."),
    ("_socket.", "socket."), ("requests.api.", "requests."), ("requests.sessions.", "requests."),
    ("aiofiles.open", "io.open"),
    ("psycopg.", "psycopg2."), ("tempfile._", "tempfile."), ("scapy.all.", "scapy."),
    ("httpx.AsyncClient", "httpx.Client"),
    ("requests.session", "requests.Session"), ("curl_cffi.requests.", "requests."),
    ("requests_html.HTMLSession", "requests.Session"),
    ("aiohttp.ClientSession", "httpx.Client"), ("cloudscraper.create_scraper", "requests.Session"),
    ("builtins.open", "io.open"),
    ("gzip.open", "io.open"), ("bz2.open", "io.open"), ("lzma.open", "io.open"), ("cryptography.fernet.", "Crypto."),
    ("Cryptodome.", "Crypto."), ("importlib.__import__", "__import__"), ("subprocess32.", "subprocess."),
    ("Crypto.Cipher.", "Crypto."),
)  # fmt: skip

URL: Final[Argument] = (0, "url")
COMMAND: Final[Argument] = (0, "args")
_run = on(A.RUN, COMMAND)
_exec_path = on(A.RUN_WORDS, 0, what="path")
_delete = on(A.DELETE, (0, "path"))
_delete_tree = on(A.DELETE_TREE, (0, "path"))
_self_delete = on(A.DELETE, SELF)
_get = on(A.FETCH, URL, kind="response")
_fetch2 = on(A.FETCH, (1, "url"), kind="response")
_socket = source(kind="socket.socket")
_query = on(A.QUERY, (0, "sql"))
_keys = frozenset({L.KEYS})
_screen = frozenset({L.SCREEN})
_clipboard = frozenset({L.CLIPBOARD})
_nothing = on(A.NOTHING)

OPERATIONS: Final[dict[str, Operation]] = {
    # Commands.
    **{f"subprocess.{name}": _run for name in ("run", "call", "check_call", "check_output", "Popen")},
    "subprocess.getoutput": on(A.RUN, (0, "cmd")), "subprocess.getstatusoutput": on(A.RUN, (0, "cmd")),
    "os.system": on(A.RUN, (0, "command")), "os.popen": on(A.RUN, (0, "cmd")), "os.popen2": on(A.RUN, 0),
    "os.popen3": on(A.RUN, 0),
    "os.popen4": on(A.RUN, 0), "popen2.popen2": on(A.RUN, 0), "platform.popen": on(A.RUN, 0),
    "pty.spawn": on(A.RUN, (0, "argv")),
    "pexpect.spawn": on(A.RUN_FILE, (0, "command"), (1, "args")), "pexpect.run": on(A.RUN, (0, "command")),
    "asyncio.create_subprocess_shell": on(A.RUN, (0, "cmd")), "asyncio.create_subprocess_exec": on(A.RUN_WORDS, 0),
    "asyncio.subprocess.create_subprocess_shell": on(A.RUN, (0, "cmd")),
    "asyncio.subprocess.create_subprocess_exec": on(A.RUN_WORDS, 0),
    **{f"os.exec{suffix}": _exec_path for suffix in ("l", "le", "lp", "lpe")},
    **{f"os.exec{suffix}": on(A.RUN_FILE, 0, 1, what="argv") for suffix in ("v", "ve", "vp", "vpe")},
    **{f"os.spawn{suffix}": on(A.RUN_WORDS, 1, what="path") for suffix in ("l", "le", "lp", "lpe")},
    **{f"os.spawn{suffix}": on(A.RUN_FILE, 1, 2, what="argv") for suffix in ("v", "ve", "vp", "vpe")},
    "os.posix_spawn": on(A.RUN_FILE, 0, 1, what="argv"), "os.posix_spawnp": on(A.RUN_FILE, 0, 1, what="argv"),
    "os.startfile": on(A.RUN, (0, "path")), "subprocess.fork_exec": on(A.RUN, 0), "win32api.WinExec": on(A.RUN, 0),
    "invoke.run": on(A.RUN, 0), "fabric.Connection().run": on(A.RUN, 0),
    "fabric.Connection().sudo": on(A.RUN, 0), "fabric.Connection().local": on(A.RUN, 0),
    "django.core.management.call_command": on(A.RESET_TABLES),
    "azure.keyvault.secrets.SecretClient().get_secret": on(A.SECRET), "IPython.get_ipython().system": on(A.RUN, 0),
    "get_ipython().system": on(A.RUN, 0), "get_ipython().getoutput": on(A.RUN, 0), "delegator.run": on(A.RUN, 0),
    "envoy.run": on(A.RUN, 0),
    "win32com.client.Dispatch().Run": on(A.RUN, 0), "ctypes.windll.kernel32.WinExec": on(A.RUN, 0),
    "ctypes.windll.shell32.ShellExecuteW":
        on(A.RUN_FILE, 2, 3), "ctypes.CDLL().system": on(A.RUN, 0), "ctypes.cdll.LoadLibrary().system": on(A.RUN, 0),
    # Code.
    "exec": on(A.EVALUATE, 0), "eval": on(A.EVALUATE, 0), "execfile": on(A.RUN_SCRIPT, 0),
    "timeit.timeit": on(A.EVALUATE, (0, "stmt")),
    "code.InteractiveInterpreter().runsource": on(A.EVALUATE, 0), "code.InteractiveConsole().push": on(A.EVALUATE, 0),
    "code.InteractiveInterpreter().runcode": on(A.EVALUATE, 0), "cProfile.run": on(A.EVALUATE, 0),
    "trace.Trace().run": on(A.EVALUATE, 0),
    "types.FunctionType": on(A.EVALUATE, 0), "runpy.run_path": on(A.RUN_SCRIPT, 0),
    "imp.load_source": on(A.RUN_SCRIPT, 1),
    "importlib.util.spec_from_file_location": on(A.RUN_SCRIPT, (1, "location")),
    "importlib.machinery.SourceFileLoader": on(A.RUN_SCRIPT, 1),
    "pdb.run": on(A.EVALUATE, 0), "pandas.eval": _nothing, "torch.nn.Module().eval": _nothing, "pip.main": _nothing,
    **{f"{module}.{name}": on(A.UNPICKLE, 0) for module in ("pickle", "jsonpickle", "shelve", "joblib",
    "yaml") for name in ("loads", "load", "decode")},
    "marshal.loads": on(A.UNPICKLE, 0, what="code"), "marshal.load": on(A.UNPICKLE, 0, what="code"),
    "yaml.unsafe_load": on(A.UNPICKLE, 0), "yaml.full_load": on(A.UNPICKLE, 0), "shelve.open": on(A.UNPICKLE, 0),
    "torch.load": on(A.UNPICKLE, 0), "numpy.load": on(A.UNPICKLE, 0), "pandas.read_pickle": on(A.UNPICKLE, 0),
    "pickle.Unpickler": on(A.UNPICKLE, 0), "torch.jit.load": on(A.UNPICKLE, 0), "torch.hub.load": on(A.UNPICKLE, 0),
    "os.mkdir": on(A.CREATE, 0), "os.makedirs": on(A.CREATE, 0), "os.mkfifo": on(A.CREATE, 0),
    "os.mknod": on(A.CREATE, 0), "os.utime": on(A.CREATE, 0),
    # Files.
    "open": on(A.OPEN, (0, "file"), (1, "mode")), "io.open": on(A.OPEN, (0, "file"), (1, "mode")),
    "file": on(A.OPEN, 0, 1),
    "os.open": on(A.OPEN, (0, "path"), (1, "flags")), "os.write": on(A.PUT, 1), "os.pwrite": on(A.PUT, 1),
    "os.fdopen": source(kind="os.fdopen"), "zipfile.ZipFile": source(kind="zipfile.ZipFile"),
    "zipfile.ZipFile().write": on(A.PACK, 0), "tarfile.open": source(kind="tarfile.open"),
    "tarfile.open().add": on(A.PACK, 0), "tarfile.TarFile": source(kind="tarfile.open"),
    "open().write": on(A.PUT, 0), "open().writelines": on(A.PUT, 0), "open().truncate": _nothing,
    "open().close": _nothing,
    "os.remove": _delete, "os.unlink": _delete, "os.rmdir": _delete, "os.removedirs": _delete,
    "shutil.rmtree": _delete_tree,
    "send2trash.send2trash": _nothing, "os.truncate": on(A.TRUNCATE, 0), "distutils.dir_util.remove_tree": _delete_tree,
    "fileinput.input": on(A.READ, 0), "linecache.getline": on(A.READ, 0), "linecache.getlines": on(A.READ, 0),
    **{f"os.{name}": on(A.MOVE, 0, 1) for name in ("rename", "renames", "replace")},
    "shutil.move": on(A.MOVE, (0, "src"), (1, "dst")),
    **{f"shutil.{name}": on(A.COPY, (0, "src"), (1, "dst")) for name in ("copy", "copy2", "copyfile", "copytree")},
    "shutil.copyfileobj": on(A.PUT, 0), "os.link": on(A.LINK, 0, 1), "os.symlink": on(A.LINK, 0, 1),
    "os.chmod": on(A.MODE, (0, "path"), (1, "mode")), "os.lchmod": on(A.MODE, 0, 1), "os.fchmod": _nothing,
    "os.chown": on(A.OWNER, (0, "path")), "os.lchown": on(A.OWNER, 0), "shutil.chown": on(A.OWNER, (0, "path")),
    "pathlib.Path().unlink": _self_delete, "pathlib.Path().rmdir": _self_delete,
    "pathlib.Path().rmtree": on(A.DELETE_TREE, SELF),
    "pathlib.Path().write_text": on(A.WRITE, SELF, (0, "data")),
    "pathlib.Path().write_bytes": on(A.WRITE, SELF, (0, "data")),
    "pathlib.Path().read_text": on(A.READ, SELF), "pathlib.Path().read_bytes": on(A.READ, SELF),
    "pathlib.Path().open": on(A.OPEN, SELF, (0, "mode")),
    "pathlib.Path().rename": on(A.MOVE, SELF, (0, "target")), "pathlib.Path().replace": on(A.MOVE, SELF, (0, "target")),
    "pathlib.Path().chmod": on(A.MODE, SELF, (0, "mode")), "pathlib.Path().symlink_to": on(A.LINK, 0, SELF),
    "pathlib.Path().touch": on(A.CREATE, SELF), "pathlib.Path().mkdir": on(A.CREATE, SELF),
    "pathlib.Path().exists": _nothing,
    "os.path.exists": _nothing,
    "os.path.getsize": _nothing, "os.path.isfile": _nothing, "os.path.isdir": _nothing, "os.access": _nothing,
    "os.stat": _nothing,
    # Network.
    **{f"requests.{name}": _get for name in ("get", "post", "put", "patch", "delete", "head", "options")},
    **{f"requests.Session().{name}": _get for name in ("get", "post", "put", "patch", "delete", "head", "options")},
    **{f"httpx.{name}": _get for name in ("get", "post", "put", "patch", "delete", "head", "options", "stream")},
    **{f"httpx.Client().{name}": _get for name in ("get", "post", "put", "patch", "delete", "head", "ws_connect")},
    "requests.request": _fetch2, "requests.Session().request": _fetch2, "httpx.request": _fetch2,
    "httpx.Client().request": _fetch2,
    "urllib.request.urlopen": _get,
    "urllib.request.build_opener().open": _get, "urllib.request.OpenerDirector().open": _get,
    "wget.download": on(A.DOWNLOAD, 0, (1, "out")),
    "urllib.request.urlretrieve": on(A.DOWNLOAD, URL, (1, "filename")),
    "urllib.request.URLopener().retrieve": on(A.DOWNLOAD, 0, 1),
    "urllib.request.FancyURLopener().retrieve": on(A.DOWNLOAD, 0, 1), "urllib3.PoolManager().request": _fetch2,
    "urllib3.request": _fetch2,
    "http.client.HTTPConnection": on(A.CONNECT, (0, "host"), kind="http"),
    "http.client.HTTPSConnection": on(A.CONNECT, (0, "host"), kind="http"),
    "http().request": on(A.SEND), "http().send": on(A.SEND), "http().getresponse": source(L.NETWORK, kind="response"),
    "websocket.create_connection":
        on(A.CONNECT, 0, kind="socket.socket"), "websockets.connect": on(A.CONNECT, 0, kind="socket.socket"),
    "telnetlib.Telnet": on(A.CONNECT, 0, kind="socket.socket"),
    "socket.create_connection": on(A.CONNECT, (0, "address"), kind="socket.socket"),
    "asyncio.open_connection": on(A.CONNECT, 0, kind="socket.socket"), "ssl.wrap_socket": _socket,
    "ssl.SSLContext().wrap_socket": _socket,
    "ssl.create_default_context().wrap_socket": _socket,
    "socket.socket": Operation(A.SOURCE, labels=frozenset({L.SOCKET}), kind="socket.socket"),
    "socket.socket().connect": on(A.CONNECT, (0, "address")),
    "socket.socket().connect_ex": on(A.CONNECT, 0), "socket.socket().bind": on(A.LISTEN),
    "socket.socket().listen": on(A.LISTEN),
    "socket.socket().accept": source(L.SOCKET, kind="socket.socket"), "socket.socket().fileno": source(L.SOCKET),
    **{f"socket.socket().{name}": on(A.SEND) for name in ("send", "sendall", "sendto", "sendfile", "write")},
    **{f"socket.socket().{name}": on(A.RECEIVE) for name in ("recv", "recvfrom", "recv_into", "read", "readline",
    "read_until")},
    "asyncio.start_server": on(A.LISTEN), "asyncio.start_unix_server": on(A.LISTEN), "websockets.serve": on(A.LISTEN),
    "socket.create_server": on(A.LISTEN, kind="socket.socket"),
    "socket.socketpair": _nothing, "http.server.HTTPServer": on(A.NOTHING), "socketserver.TCPServer": on(A.NOTHING),
    "flask.request": source(L.REQUEST), "input": source(L.TYPED), "sys.stdin.read": source(L.TYPED),
    "sys.stdin.readline": source(L.TYPED),
    **{f"socket.{name}": on(A.LOOKUP, (0, "host")) for name in ("gethostbyname", "gethostbyname_ex", "getaddrinfo",
    "gethostbyaddr")},
    **{f"dns.resolver.{name}": on(A.LOOKUP, (0, "qname")) for name in ("query", "resolve", "Resolver().query",
    "Resolver().resolve")},
    "dns.asyncresolver.resolve": on(A.LOOKUP, 0), "dns.asyncresolver.Resolver().resolve": on(A.LOOKUP, 0),
    "aiodns.DNSResolver().query": on(A.LOOKUP, 0),
    "aiodns.DNSResolver().gethostbyname": on(A.LOOKUP, 0), "ftplib.FTP": on(A.CONNECT, (0, "host"), kind="ftp"),
    "ftplib.FTP_TLS": on(A.CONNECT, 0, kind="ftp"),
    "ftp().storbinary": on(A.SEND), "ftp().storlines": on(A.SEND),
    "smtplib.SMTP": on(A.CONNECT, (0, "host"), kind="smtp"),
    "smtplib.SMTP_SSL": on(A.CONNECT, 0, kind="smtp"), "smtp().sendmail": on(A.SEND), "smtp().send_message": on(A.SEND),
    "paramiko.SFTPClient.from_transport().put": on(A.SEND_FILE, (0, "localpath")),
    "paramiko.SSHClient().open_sftp().put": on(A.SEND_FILE, (0, "localpath")),
    "fabric.Connection().put": on(A.SEND_FILE, 0), "pysftp.Connection().put": on(A.SEND_FILE, 0),
    "scp.SCPClient().put": on(A.SEND_FILE, 0),
    "paramiko.SSHClient().exec_command": on(A.RUN, (0, "command")), "discord.Client": source(L.NETWORK),
    "discord.ext.commands.Bot": source(L.NETWORK), "commands.Bot": source(L.NETWORK),
    "discord.Bot": source(L.NETWORK), "boto3.client().upload_file": on(A.SEND_FILE, (0, "Filename")),
    "boto3.resource().Bucket().upload_file": on(A.SEND_FILE, (0, "Filename")),
    "boto3.resource().Object().upload_file": on(A.SEND_FILE, (0, "Filename")),
    "boto3.resource().meta.client.upload_file": on(A.SEND_FILE, (0, "Filename")),
    "dhooks.Webhook": on(A.CONNECT, 0, kind="socket.socket"),
    "discord_webhook.DiscordWebhook": on(A.FETCH, URL, kind="webhook"),
    "discord.Webhook.from_url": on(A.CONNECT, 0, kind="socket.socket"),
    "webbrowser.open": on(A.FETCH, URL), "telebot.TeleBot": on(A.CONNECT, kind="socket.socket"),
    "telegram.Bot": on(A.CONNECT, kind="socket.socket"),
    **{f"socket.socket().{name}": on(A.SEND) for name in ("send_message", "send_document", "send_photo",
    "sendMessage", "sendDocument")},
    "os.dup2": on(A.REDIRECT, 0, 1), "os.dup": source(), "os.set_inheritable": _nothing,
    # What is known about the machine and its user.
    "socket.gethostname": source(L.HOST), "socket.getfqdn": source(L.HOST), "platform.node": source(L.HOST),
    "getpass.getuser": source(L.HOST),
    "os.getlogin": source(L.HOST), "os.uname": source(L.HOST), "platform.uname": source(L.HOST),
    "uuid.getnode": source(L.HOST), "uuid.uuid1": source(),
    "psutil.users": source(L.HOST), "psutil.net_if_addrs": source(L.HOST), "psutil.process_iter": source(L.PLATFORM),
    "netifaces.interfaces": source(L.HOST),
    "platform.system": source(L.PLATFORM), "platform.platform": source(L.PLATFORM),
    "platform.machine": source(L.PLATFORM), "platform.version": source(L.PLATFORM),
    "platform.release": source(L.PLATFORM), "os.getcwd": source(L.PLATFORM), "pwd.getpwall": source(L.HOST),
    "pwd.getpwuid": source(L.HOST),
    "os.getpid": source(), "os.getuid": source(), "wmi.WMI": source(L.HOST),
    "locale.getdefaultlocale": source(L.PLATFORM),
    # Secrets.
    "keyring.get_password": source(L.CREDENTIAL), "keyring.get_credential": source(L.CREDENTIAL),
    "os.memfd_create": Operation(A.SOURCE, what="memory file"),
    "ctypes.CDLL().memfd_create": Operation(A.SOURCE, what="memory file"),
    "ctypes.cast": on(A.EXECUTABLE_MEMORY), "mmap.mmap": on(A.EXECUTABLE_MEMORY, labels=frozenset({L.FILE})),
    "ctypes.CDLL().mprotect": on(A.EXECUTABLE_MEMORY), "ctypes.CDLL().mmap": on(A.EXECUTABLE_MEMORY),
    "win32crypt.CryptUnprotectData": on(A.DECRYPT_STORE, what="decrypts what Windows keeps for its user"),
    "ctypes.windll.crypt32.CryptUnprotectData": on(A.DECRYPT_STORE, what="decrypts what Windows keeps for its user"),
    "secretstorage.get_all_items": on(A.DECRYPT_STORE, what="reads the keyring"),
    "spwd.getspall": on(A.DECRYPT_STORE, what="reads the hashes of all passwords"),
    "spwd.getspnam": on(A.DECRYPT_STORE, what="reads the hash of a password"),
    "pyautogui.screenshot": Operation(A.SOURCE, ((0, "imageFilename"),), frozenset({L.SCREEN})),
    "PIL.ImageGrab.grab": source(L.SCREEN),
    **{f"browser_cookie3.{name}": on(A.DECRYPT_STORE, what="reads the cookies of browsers") for name in ("load",
    "chrome", "firefox", "edge", "opera", "brave")},
    "mss.mss().grab": source(L.SCREEN), "mss.mss().shot": Operation(A.SOURCE, ((-1, "output"),), frozenset({L.SCREEN})),
    "pyscreenshot.grab": source(L.SCREEN),
    "cv2.VideoCapture().read": source(L.SCREEN),
    "cv2.VideoCapture": source(), "sounddevice.rec": source(L.SCREEN), "pyperclip.paste": source(L.CLIPBOARD),
    "win32clipboard.GetClipboardData": source(L.CLIPBOARD),
    "tkinter.Tk().clipboard_get": source(L.CLIPBOARD), "pandas.read_clipboard": source(L.CLIPBOARD),
    "clipboard.paste": source(L.CLIPBOARD),
    "xerox.paste": source(L.CLIPBOARD), "ImageGrab.grabclipboard": source(L.CLIPBOARD),
    "PIL.ImageGrab.grabclipboard": source(L.CLIPBOARD),
    **{name: on(A.CAPTURE, what="records every key that is pressed", labels=_keys) for name in (
        "pynput.keyboard.Listener", "pynput.mouse.Listener", "keyboard.on_press", "keyboard.on_release",
        "keyboard.hook", "keyboard.record",
        "pyxhook.HookManager", "pyHook.HookManager", "PyHook3.HookManager", "keyboard.start_recording",
        "ctypes.windll.user32.SetWindowsHookExA", "ctypes.windll.user32.SetWindowsHookExW",
        "ctypes.windll.user32.GetAsyncKeyState")},
    "stegano.lsb.reveal": source(L.PICTURE), "stegano.lsbset.reveal": source(L.PICTURE),
    "stegano.exifHeader.reveal": source(L.PICTURE),
    "steganography.steganography.Steganography.decode": source(L.PICTURE),
    "stepic.decode": source(L.PICTURE), "judyb.decode": source(L.PICTURE),
    "cryptosteganography.CryptoSteganography().retrieve": source(L.PICTURE),
    **{f"docker.{client}.containers.{name}": on(A.CONTAINER) for client in ("from_env()", "DockerClient()")
    for name in ("run", "create")},
    # The machine.
    "os.kill": on(A.KILL, (0, "pid")), "os.killpg": on(A.KILL, 0), "os.fork": on(A.FORK), "os.forkpty": on(A.FORK),
    "os.setuid": on(A.IDENTITY, 0), "os.setgid": _nothing, "os.seteuid": on(A.IDENTITY, 0),
    "os.setreuid": on(A.IDENTITY, 0, 1),
    "os.setresuid": on(A.IDENTITY, 0, 1, 2), "os.chroot": _nothing, "os.reboot": on(A.POWER),
    "ctypes.CDLL().reboot": on(A.POWER, what="restarts the machine"),
    "ctypes.CDLL": on(A.LOAD, (0, "name"), kind="ctypes.CDLL"),
    "ctypes.cdll.LoadLibrary": on(A.LOAD, 0, kind="ctypes.CDLL"), "ctypes.PyDLL": on(A.LOAD, 0),
    "ctypes.WinDLL": on(A.LOAD, 0), "ctypes.windll.LoadLibrary": on(A.LOAD, 0),
    "ctypes.CDLL().ptrace": on(A.INJECT, what="controls another process"),
    "ctypes.CDLL().mount": on(A.MOUNT, what="mounts a file system"), "ctypes.CDLL().setuid": on(A.IDENTITY, 0),
    "ctypes.CDLL().prctl": _nothing,
    **{f"ctypes.windll.kernel32.{name}": on(A.INJECT,
    what="puts code into another process or runs it from memory") for name in (
        "CreateRemoteThread", "WriteProcessMemory", "VirtualAllocEx", "QueueUserAPC", "RtlMoveMemory", "CreateThread",
        "VirtualProtect", "VirtualAlloc")},
    "ctypes.windll.kernel32.IsDebuggerPresent": on(A.EVADE, what="looks for a debugger, to behave while it is watched"),
    "ctypes.windll.ntdll.RtlAdjustPrivilege": on(A.INJECT, what="takes a privilege that can crash the machine"),
    "ctypes.windll.ntdll.NtRaiseHardError": on(A.POWER, what="crashes the machine"),
    "pyinjector.inject": on(A.INJECT, what="puts code into another process"),
    "frida.attach": on(A.INJECT, what="controls another process"),
    "pymem.Pymem().inject_python_interpreter": on(A.INJECT, what="puts code into another process"),
    "ctypes.windll.user32.BlockInput": on(A.EVADE, what="blocks keyboard and mouse"),
    **{f"{module}.{name}": on(A.REGISTRY, what="writes the registry of Windows") for module in ("winreg", "_winreg",
    "win32api") for name in ("SetValueEx", "SetValue", "RegSetValueEx")},
    "crontab.CronTab().new": on(A.SCHEDULE, what="adds a scheduled job"),
    "crontab.CronTab().remove_all": on(A.SCHEDULE, what="removes all scheduled jobs"),
    "setuptools.setup": on(A.SETUP), "distutils.core.setup": on(A.SETUP), "setup": on(A.SETUP),
    "json.dumps": on(A.SERIALIZE, 0), "print": on(A.PRINT), "pprint.pprint": on(A.PRINT),
    "logging.info": on(A.PRINT), "logging.debug": on(A.PRINT), "len": _nothing, "isinstance": _nothing,
    "type": _nothing, "hash": _nothing, "id": _nothing,
    # Cryptography.
    **{f"Crypto.{kind}().{name}": on(A.ENCRYPT) for kind in ("Fernet", "AES.new", "ChaCha20.new", "DES.new",
    "PKCS1_OAEP.new", "DES3.new", "Blowfish.new") for name in ("encrypt", "update", "encrypt_and_digest")},
    **{f"Crypto.{kind}().{name}": on(A.ENCRYPT, labels=frozenset({L.DECODED})) for kind in ("Fernet", "AES.new",
    "ChaCha20.new", "DES.new", "PKCS1_OAEP.new") for name in ("decrypt", "decrypt_and_verify")},
    "pyAesCrypt.encryptFile": on(A.ENCRYPT),
    "cryptography.hazmat.primitives.ciphers.Cipher().encryptor().update": on(A.ENCRYPT), "pyminizip.compress": _nothing,
    # Databases.
    "pymongo.MongoClient().drop_database": on(A.DATABASE_DROP, what="deletes a database"),
    **{f"{client}().indices.delete": on(A.DATABASE_DROP, what="deletes indices of a search engine") for client in (
        "elasticsearch.Elasticsearch", "opensearchpy.OpenSearch")},
    "redis.Redis().flushall": on(A.DATABASE_DROP, what="deletes all data of the Redis server"),
    "redis.Redis().flushdb": on(A.DATABASE_DROP, what="deletes all data of a Redis database"),
    "redis.StrictRedis().flushall": on(A.DATABASE_DROP, what="deletes all data of the Redis server"),
    "sqlite3.connect": source(kind="sqlite3.connect"), "MySQLdb.connect": source(), "psycopg2.connect": source(),
    "pymysql.connect": source(),
    "builtins.exec": on(A.EVALUATE, 0), "builtins.eval": on(A.EVALUATE, 0), "sys.settrace": _nothing,
    "gc.collect": _nothing,
}  # fmt: skip

SERVERS: Final = (
    "flask.Flask",
    "flask.Blueprint",
    "fastapi.",
    "aiohttp.web.",
    "sanic.",
    "bottle.",
    "quart.",
    "starlette.",
    "litestar.",
    "falcon.",
)
"""What a function that one of these decorates is given, a client of the server has sent."""

METHODS: Final[dict[str, Operation]] = {
    **{name: on(A.GRANT, what="gives an account of the cloud more rights") for name in (
        "attach_user_policy", "attach_role_policy", "attach_group_policy", "put_user_policy", "put_role_policy",
        "create_access_key", "create_login_profile", "update_assume_role_policy", "set_iam_policy")},
    **{name: on(A.EVADE, what="stops what records changes of the cloud account") for name in (
        "stop_logging", "stop_configuration_recorder", "disable_security_hub", "delete_flow_logs")},
    "get_secret_value": on(A.SECRET), "access_secret_version": on(A.SECRET), "batch_get_secret_value": on(A.SECRET),
    **{name: on(A.SECRET, what="parameter") for name in ("get_parameter", "get_parameters", "get_parameters_by_path")},
    **{name: on(A.PUBLISH) for name in ("put_bucket_acl", "put_object_acl", "put_bucket_policy",
    "put_public_access_block", "authorize_security_group_ingress", "authorize_ingress", "modify_db_instance",
    "modify_snapshot_attribute", "modify_image_attribute", "modify_db_snapshot_attribute", "put_resource_policy",
    "set_bucket_policy", "put_key_policy")},
    **{name: on(A.SEND_FILE, (0, "Filename")) for name in ("upload_file", "upload_from_filename", "fput_object")},
    "make_public": on(A.GRANT, what="lets everybody read what is stored in a cloud account"),
    "execute": _query, "executescript": _query, "executemany": _query, "raw": _query, "query": _query,
    "execute_sql": _query, "exec_driver_sql": _query,
    **{name: on(A.SECRET) for name in ("read_secret_version", "read_secret")},
    **{name: on(A.RESET_TABLES) for name in ("delete_many", "drop", "delete_by_query")},
    **{name: on(A.SECRET) for name in ("list_secret_for_all_namespaces", "list_namespaced_secret",
    "read_namespaced_secret")},
    **{f"create_namespaced_{name}": on(A.CONTAINER) for name in ("pod", "deployment", "daemon_set", "job", "cron_job",
    "stateful_set")},
    "drop_tables": on(A.DATABASE_DROP, what="deletes tables of a database"),
    "drop_all": on(A.DATABASE_DROP, what="deletes all tables of a database"),
    "drop_database": on(A.DATABASE_DROP, what="deletes a database"),
    "flushall": on(A.DATABASE_DROP, what="deletes all data of the Redis server"),
    "flushdb": on(A.DATABASE_DROP, what="deletes all data of a Redis database"),
    "drop_collection": on(A.DATABASE_DROP, what="deletes a collection"), "storbinary": on(A.SEND),
    "dup2": on(A.REDIRECT, 0, 1),
}  # fmt: skip
"""By the method's name alone, where the object is not known: names that mean the same wherever they occur."""

CLOUD_ROOTS: Final = ("boto3.", "botocore.", "google.cloud.", "googleapiclient.", "azure.", "kubernetes.", "docker.",
"digitalocean.",
                      "openstack.", "libcloud.", "oci.", "hcloud.", "linode_api4.", "CloudFlare.", "github.",
                      "gitlab.", "firebase_admin.")  # fmt: skip
CLOUD_DELETES: Final = re.compile(
    r"^(?:(?:begin_)?(?:delete|terminate|destroy|purge|deregister|release|revoke|disable|schedule_key_deletion|drop|empty|remove|prune)(?:_.*)?|schedule_key_deletion)$"
)
CLOUD_NAMES: Final = re.compile(
    r"^(?:begin_)?(?:delete|terminate|destroy|purge|deregister)_(?:bucket|db_instance|db_cluster|instances?|stack|cluster|table|object_versions?|objects|volume|snapshot|"
    r"user|role|policy|vpc|function|repository|namespace|namespaced_\w+|resource_group|secret|key|hosted_zone|image|access_key|group|blob|container|vault|file_system|stream|topic|queue|project)s?$"
)  # fmt: skip
"""Methods that destroy a resource whatever library they belong to."""
