"""A Terraphim server for tests: real HTTP on a port of this machine, answers as told."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

THESAURUS = {"status": "success", "thesaurus": {"deploy": "deployment", "ship": "deployment", "web": "service"}}
GRAPH = {
    "status": "success",
    "nodes": [
        {"id": 1, "label": "deployment", "rank": 3}, {"id": 2, "label": "service", "rank": 1},
        {"id": 3, "label": "lonely", "rank": 1},
    ],
    "edges": [{"source": 1, "target": 2, "rank": 1}, {"source": 1, "target": 99, "rank": 1}],
}  # fmt: skip


class Terraphim:
    """A server that says what it is told to."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.silent = threading.Event()
        self.done = threading.Event()
        self.say("thesaurus", THESAURUS)
        self.say("rolegraph", GRAPH)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                if outer.silent.is_set():
                    outer.done.wait(60)
                    return
                status, body = outer.answers[self.path.split("/")[1].split("?")[0]]
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def say(self, path: str, answer: Any, status: int = 200) -> None:
        self.answers[path] = status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def close(self) -> None:
        self.done.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
