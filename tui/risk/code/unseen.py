"""Which modules come with the language, so that importing them runs nothing that somebody else has put there."""

from __future__ import annotations

import builtins
import sys
from typing import Final

_FORMER_NAMES: Final = """
    ConfigParser Cookie Queue SocketServer StringIO Tkinter UserDict __builtin__ anydbm asynchat asyncore
    audioop cPickle cStringIO cgi cgitb chunk commands cookielib copy_reg crypt dbhash distutils
    dummy_thread exceptions httplib imghdr imp lib2to3 mailcap md5 msilib nis nntplib ossaudiodev pipes
    popen2 rfc822 sets sha smtpd sndhdr spwd sunau telnetlib thread tkMessageBox urllib2 urlparse uu whichdb
    xdrlib xmlrpclib
    """
"""Modules that older versions of Python had and newer ones may not."""
_FORMER_BUILTIN_NAMES: Final = """
    apply basestring buffer cmp coerce display execfile file get_ipython intern long raw_input reduce reload
    unichr unicode xrange
    """
"""Functions that older versions of Python, or notebooks, have without an import."""
_NODE_NAMES: Final = """
    assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns
    domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring
    readline repl sea sqlite stream string_decoder sys test timers tls trace_events tty url util v8 vm wasi
    worker_threads zlib
    """
"""Modules of Node.js."""
_FORMER: Final = frozenset(_FORMER_NAMES.split())
_BUILTINS: Final = frozenset((*dir(builtins), *_FORMER_BUILTIN_NAMES.split()))
_NODE: Final = frozenset(_NODE_NAMES.split())


def is_standard_python(module: str | None, level: int = 0) -> bool:
    """Say whether a module belongs to Python itself; `level` counts the dots of a relative import."""
    root = (module or "").partition(".")[0]
    return level == 0 and (root in sys.stdlib_module_names or root in _FORMER)


def is_builtin_python(name: str) -> bool:
    """Say whether a name that the text does not define is one of Python's own."""
    return name in _BUILTINS


def is_standard_javascript(specifier: str) -> bool:
    """Say whether a module belongs to Node.js, Deno or Bun themselves."""
    if specifier.startswith(("node:", "bun:")) or specifier == "bun":
        return True
    return specifier.partition("/")[0] in _NODE
