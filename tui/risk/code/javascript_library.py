"""What functions of Node.js, Deno, Bun and of common packages do: one row a function."""

from __future__ import annotations

from typing import Final

from tui.risk.code.operations import Action as A  # noqa: N817 - a table
from tui.risk.code.operations import Operation, on, source
from tui.risk.code.values import Label as L  # noqa: N817 - a table

MODULES: Final = {
    "fs/promises": "fs", "fs-extra": "fs", "graceful-fs": "fs", "original-fs": "fs",
    "cross-spawn": "child_process.spawn", "dns/promises": "dns",
    "node-fetch": "fetch", "cross-fetch": "fetch", "undici": "undici", "isomorphic-fetch": "fetch",
    "axios/dist/node/axios.cjs": "axios",
    "follow-redirects": "http", "https": "http", "request-promise": "request", "request-promise-native": "request",
    "superagent": "axios",
    "shelljs/global": "shelljs", "zx/globals": "zx", "path/posix": "path", "child-process-promise": "child_process",
    "child-process": "child_process", "mz/fs": "fs", "mz/child_process": "child_process", "fs-promise": "fs",
    "promisify-child-process": "child_process", "@npmcli/fs": "fs", "await-spawn": "child_process.spawn",
    "@expo/spawn-async": "child_process.spawn", "@npmcli/promise-spawn": "child_process.spawn",
    "spawn-please": "child_process.spawn", "cross-spawn-promise": "child_process.spawn",
    "shell-exec": "child_process.exec", "exec-sh": "child_process.exec", "fs-jetpack": "jetpack",
    "bent": "axios", "needle": "axios", "phin": "axios", "ky": "axios", "got": "axios", "stream/promises": "stream",
    "timers/promises": "timers",
    "tinyexec": "execa", "nano-spawn": "execa", "trash-cli": "trash", "process": "process",
}  # fmt: skip
"""Modules whose functions are known under the name of another."""

BARE: Final = {
    **{name: f"child_process.{name}" for name in ("exec", "execSync", "spawn", "spawnSync", "execFile",
    "execFileSync", "fork", "child_process")},
    "child_process": "child_process", "cp": "child_process", "fetch": "fetch", "rimraf": "rimraf", "shell": "shelljs",
    "execa": "execa",
    "writeFileSync": "fs.writeFile", "readFileSync": "fs.readFile", "rmSync": "fs.rm", "unlinkSync": "fs.unlink",
}  # fmt: skip
"""Names so well known that a text which does not import them still means them."""

PREFIXES: Final = (
    ("globalThis.", ""), ("global.", ""), ("window.", ""), ("self.", ""), ("fs.promises.", "fs."),
    ("fs.default.", "fs."), ("dns.promises.", "dns."),
    ("child_process.default.", "child_process."), ("axios.default", "axios"),
    ("process.mainModule.require", "require"), ("module.require", "require"),
    ("process.mainModule.constructor._load", "require"),
    ("module.constructor._load", "require"), ("module._load", "require"), ("Module._load", "require"),
    ("module.Module._load", "require"), ("process.getBuiltinModule", "require"), ("axios.create()", "axios"),
    ("util.promisify()", ""),
    ("os.default.", "os."), ("http.default.", "http."), ("path.posix.", "path."), ("path.win32.", "path."),
    ("undici.fetch", "fetch"),
    ("axios.extend()", "axios"), ("require.main.require", "require"), ("default.", ""), ("zx.$", "$"), ("Bun.$", "$"),
    ("bun.$", "$"), ("bun.", "Bun."),
    ("execa.$", "$"),
    ("Bun.shell", "$"), ("process.constructor", "Function"), ("electron.remote.", "electron."),
)  # fmt: skip

_shell = on(A.RUN, 0)
_file = on(A.RUN_FILE, 0, 1)
_fetch = on(A.FETCH, (0, "url"), kind="response")
_get = on(A.FETCH, 0, kind="request")
_lookup = on(A.LOOKUP, 0)
_nothing = on(A.NOTHING)
_query = on(A.QUERY, 0)
_tree = on(A.DELETE_TREE, 0)

OPERATIONS: Final[dict[str, Operation]] = {
    **{f"systeminformation.{name}": source(L.PLATFORM, L.HOST) for name in ("osInfo", "networkInterfaces", "system",
    "users", "getStaticData", "getAllData", "uuid", "bios", "baseboard", "diskLayout", "wifiConnections")},
    "repl.start": on(A.SERVE_CODE, (-1, "input")),
    # Commands.
    "child_process.exec": _shell, "child_process.spawn": _file, "child_process.execFile": _file,
    "child_process.fork": on(A.RUN_SCRIPT, 0),
    "execa": _file, "execa.execa": _file, "execa.command": _shell, "execa.execaCommand": _shell,
    "execa.shell": _shell, "execa.node": on(A.RUN_SCRIPT, 0),
    "execa.x": _file, "$": _shell, "shelljs.exec": _shell, "shelljs.default.exec": _shell, "Bun.spawn": _shell,
    "shell-input().write": on(A.FEED, 0), "shell-input().end": on(A.FEED, 0),
    "node-pty.spawn().write": on(A.FEED, 0), "Deno.run": on(A.RUN, (0, "cmd")),
    "Deno.Command": on(A.RUN_FILE, 0, (-1, "args")), "node-pty.spawn": _file, "sudo-prompt.exec": on(A.RUN, 0),
    "node-ssh.NodeSSH().execCommand": _shell, "node-ssh.NodeSSH().exec": _file,
    "node-cmd.run": _shell, "node-cmd.get": _shell,
    "process.binding().spawn": _shell, "vscode.window.createTerminal().sendText": _shell,
    "electron.shell.openExternal": _nothing,
    "cluster.fork": on(A.FORK), "WScript.Shell().Run": _shell, "ActiveXObject().Run": _shell,
    "ActiveXObject().Exec": _shell, "ActiveXObject().ShellExecute": _file,
    # Code.
    "eval": on(A.EVALUATE, 0), "Function": on(A.EVALUATE), "AsyncFunction": on(A.EVALUATE),
    "GeneratorFunction": on(A.EVALUATE),
    **{f"vm.{name}": on(A.EVALUATE, 0) for name in ("runInThisContext", "runInNewContext", "runInContext", "Script",
    "compileFunction", "SourceTextModule")},
    "vm2.VM().run": on(A.EVALUATE, 0), "vm2.NodeVM().run": on(A.EVALUATE, 0), "module._compile": on(A.EVALUATE, 0),
    "Module()._compile": on(A.EVALUATE, 0),
    "module.Module()._compile": on(A.EVALUATE, 0), "module()._compile": on(A.EVALUATE, 0),
    **{f"{owner}._compile": on(A.EVALUATE, 0) for owner in ("module.constructor()", "module.constructor", "Module",
    "module.Module", "Module.prototype", "module.prototype", "module.Module.prototype",
    "module.constructor.prototype")}, "setImmediate": _nothing,
    "node-serialize.unserialize": on(A.UNPICKLE, 0), "importScripts": on(A.RUN_SCRIPT, 0),
    "v8.deserialize": on(A.UNPICKLE, 0), "WebAssembly.instantiate": _nothing,
    "worker_threads.Worker": on(A.RUN_SCRIPT, 0), "process.dlopen": on(A.LOAD, 1),
    "ffi-napi.Library": on(A.LOAD, 0), "Deno.dlopen": on(A.LOAD, 0), "koffi.load": on(A.LOAD, 0),
    # Files.
    "fs.readFile": on(A.READ, 0), "fs.createReadStream": on(A.READ, 0), "fs.readJson": on(A.READ, 0),
    "Deno.readTextFile": on(A.READ, 0), "Deno.readFile": on(A.READ, 0),
    "Bun.file": on(A.READ, 0), "fs.writeFile": on(A.WRITE, 0, 1), "fs.appendFile": on(A.WRITE, 0, 1),
    "fs.outputFile": on(A.WRITE, 0, 1), "fs.writeJson": on(A.WRITE, 0, 1),
    "fs.createWriteStream": on(A.OPEN, 0, 9, kind="write"), "Deno.writeTextFile": on(A.WRITE, 0, 1),
    "Deno.writeFile": on(A.WRITE, 0, 1), "Bun.write": on(A.WRITE, 0, 1),
    "fs.open": on(A.OPEN, 0, 1), "fs.write": on(A.PUT, 1), "open().write": on(A.PUT, 0),
    "open().writeFile": on(A.PUT, 0), "open().appendFile": on(A.PUT, 0), "open().end": on(A.PUT, 0),
    "fs.truncate": on(A.TRUNCATE, 0), "fs.unlink": on(A.DELETE, 0),
    "fs.rm": on(A.DELETE, 0), "fs.rmdir": on(A.DELETE, 0),
    "jetpack.remove": _tree, "jetpack.write": on(A.WRITE, 0, 1), "jetpack.append": on(A.WRITE, 0, 1),
    "jetpack.read": on(A.READ, 0), "jetpack.copy": on(A.COPY, 0, 1), "jetpack.move": on(A.MOVE, 0, 1),
    "fs.remove": _tree, "fs.emptyDir": _tree, "rimraf": _tree, "rimraf.rimraf": _tree, "rimraf.sync": _tree,
    "del": _tree, "del.sync": _tree, "del.deleteAsync": _tree,
    "del.deleteSync": _tree, "rimraf.native": _tree, "rimraf.manual": _tree, "trash": _nothing,
    "Deno.remove": on(A.DELETE, 0), "fs.rename": on(A.MOVE, 0, 1), "fs.move": on(A.MOVE, 0, 1),
    "fs.copyFile": on(A.COPY, 0, 1), "fs.cp": on(A.COPY, 0, 1), "fs.copy": on(A.COPY, 0, 1),
    "fs.symlink": on(A.LINK, 0, 1), "fs.link": on(A.LINK, 0, 1),
    "fs.chmod": on(A.MODE, 0, 1), "fs.lchmod": on(A.MODE, 0, 1), "fs.chown": on(A.OWNER, 0),
    "fs.lchown": on(A.OWNER, 0), "Deno.chmod": on(A.MODE, 0, 1),
    "process.chdir": on(A.CHANGE_DIRECTORY, 0), "Deno.chdir": on(A.CHANGE_DIRECTORY, 0),
    "fs.exists": _nothing, "fs.stat": _nothing, "fs.access": _nothing,
    "fs.mkdir": on(A.CREATE, 0), "fs.utimes": on(A.CREATE, 0), "Deno.mkdir": on(A.CREATE, 0),
    "fs.lstat": _nothing,
    "fs.ensureDir": _nothing,
    # Network.
    "fetch": _fetch,
    **{f"axios{suffix}": _fetch for suffix in ("", ".get", ".post", ".put", ".patch", ".delete", ".head", ".request",
    ".stream", ".json")},
    "http.get": _get, "http.request": _get, "request": _get, "request.get": _get, "request.post": _get,
    "request.put": _get, "undici.request": _fetch, "http2.connect": _get,
    **{f"request().{name}": on(A.SEND, 0) for name in ("write", "end", "send")},
    **{f"response().{name}": source(L.NETWORK) for name in ("text", "json", "arrayBuffer", "blob")},
    "XMLHttpRequest": source(kind="XMLHttpRequest"), "XMLHttpRequest().open": on(A.FETCH, 1, kind="request"),
    "XMLHttpRequest().send": on(A.SEND, 0), "navigator.sendBeacon": _fetch,
    "$.ajax": _fetch, "$.get": _fetch, "$.post": _fetch, "net.connect": on(A.CONNECT, 0, kind="socket"),
    "net.createConnection": on(A.CONNECT, 0, kind="socket"),
    "tls.connect": on(A.CONNECT, 0, kind="socket"), "net.Socket": source(L.SOCKET, kind="net.Socket"),
    "net.Socket().connect": on(A.CONNECT, 0, kind="socket"),
    "net.Socket().write": on(A.SEND, 0), "socket().write": on(A.SEND, 0), "socket().send": on(A.SEND, 0),
    "socket().end": on(A.SEND, 0), "socket().emit": on(A.SEND, 1),
    "WebSocket": on(A.CONNECT, 0, kind="socket"), "ws": on(A.CONNECT, 0, kind="socket"),
    "ws.WebSocket": on(A.CONNECT, 0, kind="socket"), "socket.io-client": on(A.CONNECT, 0, kind="socket"),
    "socket.io-client.io":
        on(A.CONNECT, 0, kind="socket"), "dgram.createSocket": source(L.SOCKET, kind="dgram"),
        "dgram().send": on(A.SEND, 0), "Deno.connect": on(A.CONNECT, (0, "hostname"), kind="socket"),
    "net.createServer": source(L.SOCKET, L.REQUEST, kind="net.Server"),
    "net.Server": source(L.SOCKET, L.REQUEST, kind="net.Server"), "net.Server().listen": on(A.LISTEN),
    "http.createServer": source(L.REQUEST, kind="http.Server"), "express": source(L.REQUEST, kind="express"),
    "fastify": source(L.REQUEST, kind="express"),
    **{name: source(L.REQUEST, kind="express") for name in ("ws.WebSocketServer", "ws.Server", "ws.default.Server",
    "socket.io", "socket.io.Server", "WebSocketServer")},
    "dockerode().run": on(A.CONTAINER), "koa": source(L.REQUEST, kind="express"),
    **{f"dns.{name}": _lookup for name in ("lookup", "resolve", "resolve4", "resolve6", "resolveTxt", "resolveCname",
    "resolveMx", "resolveAny", "Resolver().resolve", "Resolver().resolve4")},
    "Deno.resolveDns": _lookup, "nodemailer.createTransport": source(kind="mail"), "mail().sendMail": on(A.SEND, 0),
    "download": on(A.DOWNLOAD, 0, 1), "nodejs-file-downloader": on(A.DOWNLOAD, (0, "url"), (-1, "fileName")),
    # What is known about the machine and its user.
    **{f"os.{name}": source(L.HOST) for name in ("hostname", "userInfo", "networkInterfaces")},
    "whoami": source(L.HOST), "username": source(L.HOST), "node-machine-id.machineId": source(L.HOST),
    **{f"os.{name}": source(L.PLATFORM) for name in ("platform", "release", "arch", "cpus", "type", "version",
    "totalmem", "uptime", "freemem")}, "process.cwd": source(L.PLATFORM),
    "systeminformation.getStaticData": source(L.HOST), "dns.getServers": source(L.HOST), "getmac": source(L.HOST),
    "node-machine-id.machineIdSync": source(L.HOST),
    # Secrets.
    **{f"keytar.{name}": on(A.DECRYPT_STORE, what="reads the keychain") for name in ("getPassword", "findCredentials",
    "findPassword")}, "clipboardy.read": source(L.CLIPBOARD), "clipboardy.default.read": source(L.CLIPBOARD),
    "navigator.clipboard.readText": source(L.CLIPBOARD), "electron.clipboard.readText": source(L.CLIPBOARD),
    **{f"{browser}.{name}": source(L.CREDENTIAL) for browser in ("chrome", "browser") for name in ("cookies.getAll",
    "cookies.get", "history.search")},
    **{f"{browser}.tabs.captureVisibleTab": source(L.SCREEN) for browser in ("chrome", "browser")},
    "document.createElement": source(kind="element"), "Image": source(kind="element"),
    "screenshot-desktop": source(L.SCREEN), "electron.desktopCapturer.getSources": source(L.SCREEN),
    "win-dpapi.unprotectData": on(A.DECRYPT_STORE, what="decrypts what Windows keeps for its user"),
    "@primno/dpapi.Dpapi.unprotectData": on(A.DECRYPT_STORE, what="decrypts what Windows keeps for its user"),
    "iohook.on": on(A.CAPTURE, what="records every key that is pressed"),
    "node-global-key-listener.GlobalKeyboardListener().addListener": on(A.CAPTURE,
    what="records every key that is pressed"),
    "uiohook-napi.uIOhook.on": on(A.CAPTURE, what="records every key that is pressed"),
    "steggy.reveal": source(L.PICTURE), "steggy-noencrypt.reveal": source(L.PICTURE),
    "ds.steg.reveal": source(L.PICTURE), "stegcloak.reveal": source(L.PICTURE),
    "steganography.decode": source(L.PICTURE), "lsb.decode": source(L.PICTURE),
    "steganography.reveal": source(L.PICTURE), "stegcloak().reveal": source(L.PICTURE),
    "steggy.revealSync": source(L.PICTURE),
    # The machine.
    "process.kill": on(A.KILL, 0), "process.setuid": on(A.IDENTITY, 0), "process.seteuid": on(A.IDENTITY, 0),
    "process.abort": _nothing, "Deno.kill": on(A.KILL, 0),
    **{f"{name}.{method}": on(A.REGISTRY, what="writes the registry of Windows") for name in ("winreg()",
    "regedit") for method in ("set", "putValue", "createKey")},
    "auto-launch().enable": on(A.SCHEDULE, what="starts itself at every login"),
    "frida.attach": on(A.INJECT, what="controls another process"), "crypto.createCipheriv": on(A.ENCRYPT),
    "crypto.createDecipheriv": source(L.DECODED, kind="crypto.createDecipheriv"),
    "crypto.createDecipher": source(L.DECODED, kind="crypto.createDecipher"),
    "CryptoJS.AES.decrypt": source(L.DECODED), "crypto-js.AES.decrypt": source(L.DECODED),
    "zlib.inflate": source(L.DECODED), "zlib.gunzip": source(L.DECODED), "zlib.unzip": source(L.DECODED),
    "zlib.brotliDecompress": source(L.DECODED),
    "lz-string.decompressFromBase64": source(L.DECODED), "crypto-js.AES.encrypt": on(A.ENCRYPT),
    "CoinHive.Anonymous": on(A.MINE, what="mines a crypto currency"),
    "CoinHive.User": on(A.MINE, what="mines a crypto currency"),
    "crypto.createCipheriv().update": on(A.ENCRYPT),
    # Shown to a person, or put into text.
    **{f"console.{name}": on(A.PRINT) for name in ("log", "error", "info", "debug", "warn", "dir", "table")},
    "process.stdout.write": on(A.PRINT), "JSON.stringify": on(A.SERIALIZE, 0),
    "querystring.stringify": on(A.SERIALIZE, 0),
    "require.resolve": _nothing, "isNaN": _nothing, "clearTimeout": _nothing,
    # Databases and clouds.
    "redis.createClient().flushall": on(A.DATABASE_DROP, what="deletes all data of the Redis server"),
    "sequelize.drop": on(A.DATABASE_DROP, what="deletes all tables of a database"),
    "mongoose.connection.dropDatabase": on(A.DATABASE_DROP, what="deletes a database"),
}  # fmt: skip

METHODS: Final[dict[str, Operation]] = {
    **{name: on(A.SERVER_COMMAND) for name in ("sendCommand", "send_command", "runCommand", "command")},
    **{name: on(A.SECRET) for name in ("listSecretForAllNamespaces", "listNamespacedSecret", "readNamespacedSecret")},
    **{name: on(A.CONTAINER) for name in ("createContainer", "createNamespacedPod", "createNamespacedDeployment",
    "createNamespacedDaemonSet", "createNamespacedJob")},
    "query": _query, "execute": _query, "$executeRaw": _query, "$queryRaw": _query,
    "raw": _query, "$executeRawUnsafe": _query, "$queryRawUnsafe": _query,
    "executeSql": _query, "unsafe": _query, "dropDatabase": on(A.DATABASE_DROP, what="deletes a database"),
    "dropTable": on(A.DATABASE_DROP, what="deletes a table"),
    "flushAll": on(A.DATABASE_DROP, what="deletes all data of the Redis server"),
    "flushall": on(A.DATABASE_DROP, what="deletes all data of the Redis server"),
    **{name: on(A.DATABASE_DROP, what="deletes a table") for name in ("dropTableIfExists", "dropViewIfExists",
    "dropMaterializedViewIfExists")},
    **{name: on(A.DATABASE_DROP, what="deletes a schema with all its tables") for name in ("dropSchema",
    "dropSchemaIfExists", "dropAllSchemas")},
    "recursiveDelete": on(A.DATABASE_DROP, what="deletes a collection with everything below it"),
    "destroy": on(A.RESET_TABLES), "sync": on(A.RESET_TABLES), "synchronize": on(A.RESET_TABLES),
    "dropAllTables": on(A.DATABASE_DROP, what="deletes all tables of a database"),
    "flushDb": on(A.DATABASE_DROP, what="deletes all data of a Redis database"),
    "flushdb": on(A.DATABASE_DROP, what="deletes all data of a Redis database"),
}  # fmt: skip
"""By the method's name alone, where the object is not known."""

SECRETS: Final[dict[str, Operation]] = {
    **{name: on(A.SECRET) for name in ("GetSecretValueCommand", "getSecretValue", "accessSecretVersion",
    "BatchGetSecretValueCommand", "getSecret")},
    **{name: on(A.SECRET, what="parameter") for name in ("GetParameterCommand", "GetParametersCommand",
    "GetParametersByPathCommand", "getParameter", "getParameters")},
    **{name: on(A.PUBLISH) for name in ("PutBucketAclCommand", "PutObjectAclCommand", "PutBucketPolicyCommand",
    "PutPublicAccessBlockCommand", "AuthorizeSecurityGroupIngressCommand", "putBucketAcl", "putBucketPolicy",
    "authorizeSecurityGroupIngress", "putPublicAccessBlock")},
    **{name: on(A.GRANT, what="gives an account of the cloud more rights") for name in ("AttachUserPolicyCommand",
    "AttachRolePolicyCommand", "PutUserPolicyCommand", "CreateAccessKeyCommand", "attachUserPolicy",
    "attachRolePolicy", "createAccessKey")},
    **{name: on(A.EVADE, what="stops what records changes of the cloud account") for name in ("StopLoggingCommand",
    "stopLogging", "DeleteTrailCommand")},
}  # fmt: skip
"""What is asked of a cloud's own library, by name."""

CLOUD_ROOTS: Final = ("@aws-sdk/", "aws-sdk", "@azure/", "@google-cloud/", "googleapis", "@kubernetes/", "dockerode",
"@octokit/", "octokit", "firebase-admin", "AWS.", "@actions/github", "@pulumi/", "hcloud", "@linode/", "cloudflare",
"node-vault", "heroku-client", "@vercel/", "netlify", "@digitalocean/", "dots-wrapper", "do-wrapper", "@hashicorp/",
"jenkins", "@gitbeaker/", "nomad", "oci-", "ibm-", "@ibm-cloud/", "@alicloud/", "tencentcloud",
"@neondatabase/api-client", "mongodb-atlas")  # fmt: skip


def canonical(name: str) -> str:
    """Return the one dotted name under which the tables know something."""
    for prefix, real in PREFIXES:
        if name == prefix:
            name = real or name
            break
        if name.startswith(prefix):
            name = real + name[len(prefix) :] if real or prefix.endswith(".") else name
            break
    if name.endswith(".default") and "(" not in name:
        name = name.removesuffix(".default")  # how a module of the other kind is imported
    head, dot, last = name.rpartition(".")
    if last.endswith("Sync") and head:
        name = head + dot + last[:-4]
    return name


def module_name(specifier: str) -> str:
    """Return what the module that `specifier` names is known as."""
    plain = specifier.removeprefix("node:").removeprefix("npm:")
    return MODULES.get(plain, plain)
