"""A Terraphim server as a further source of concepts.

Of its HTTP interface two requests are used: `GET /thesaurus/ROLE`, terms and the concept each stands for, and
`GET /rolegraph?role=ROLE`, concepts and what connects them. Both report some failures with status 200 and a `status`
that is not `success`.

It is asked anew for every review that needs it. There is no fallback to what it said before: a server that does not
answer is an error.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeGuard
from urllib.parse import quote

from tui.errors import RollcageError
from tui.policy.knowledge.concept_files import MAX_TERM_CHARACTERS
from tui.policy.knowledge.model import Concept, Origin, normal

if TYPE_CHECKING:
    import httpx

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
_SHOWN: Final = 200


class ServerUnavailable(RollcageError):
    """The knowledge server did not answer, or not with a knowledge graph."""


class KnowledgeServer:
    """One role's graph on one server. Belongs to one event loop; close it."""

    def __init__(self, url: str, role: str, timeout_s: float) -> None:
        self.url = url
        self.role = role
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None
        self._digest = b""
        self._concepts: tuple[Concept, ...] = ()

    async def concepts(self) -> tuple[Concept, ...]:
        """Return the concepts; the very same tuple while the server says the same.

        Raises:
            ServerUnavailable: it does not answer in time, refuses, or answers with something else.
        """
        import httpx

        try:
            async with asyncio.timeout(self._timeout_s):
                thesaurus = await self._get(f"/thesaurus/{quote(self.role, safe='')}")
                graph = await self._get(f"/rolegraph?role={quote(self.role, safe='')}")
        except TimeoutError:
            raise self._unavailable(f"did not answer within {self._timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unavailable(f"is unreachable: {str(error) or type(error).__name__}") from None
        digest = hashlib.sha256(thesaurus + b"\0" + graph).digest()
        if digest != self._digest:
            self._concepts = self._read(self._decoded(thesaurus), self._decoded(graph))
            self._digest = digest
        return self._concepts

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _get(self, path: str) -> bytes:
        import httpx

        if self._client is None:
            # Asked directly: a proxy of the environment is for what leaves the site.
            self._client = httpx.AsyncClient(timeout=self._timeout_s, trust_env=False, follow_redirects=False)
        async with self._client.stream("GET", self.url + path, headers={"Accept": "application/json"}) as answer:
            if answer.status_code != httpx.codes.OK:
                raise self._unavailable(f"answers {path} with {answer.status_code} {answer.reason_phrase}")
            data = bytearray()
            async for piece in answer.aiter_bytes():
                data += piece
                if len(data) > MAX_ANSWER_BYTES:
                    raise self._unavailable(f"answers with more than {MAX_ANSWER_BYTES // 1024 // 1024} MiB")
            return bytes(data)

    def _decoded(self, data: bytes) -> Mapping[str, Any]:
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            raise self._unavailable("does not answer with JSON") from None
        if not isinstance(answer, dict):
            raise self._unavailable("does not answer with an object")
        if str(answer.get("status", "")).lower() != "success":
            raise self._unavailable(f"says: {str(answer.get('error') or answer.get('message'))[:_SHOWN]}")
        return answer

    def _read(self, thesaurus: Mapping[str, Any], graph: Mapping[str, Any]) -> tuple[Concept, ...]:
        terms, nodes, edges = thesaurus.get("thesaurus"), graph.get("nodes"), graph.get("edges")
        if not isinstance(terms, dict) or not isinstance(nodes, list) or not isinstance(edges, list):
            raise self._unavailable("does not answer with a thesaurus and a graph")
        names: dict[str, str] = {}
        synonyms: dict[str, list[str]] = {}
        for term, name in terms.items():
            if _is_term(term) and _is_term(name):
                names.setdefault(normal(name), name)
                if normal(term) != normal(name):
                    synonyms.setdefault(normal(name), []).append(term)
        labels: dict[object, str] = {}
        for node in nodes:
            if isinstance(node, dict) and isinstance(node.get("id"), int) and _is_term(label := node.get("label")):
                labels[node["id"]] = label
                names.setdefault(normal(label), label)
        related: dict[str, list[str]] = {}
        for edge in edges:
            if isinstance(edge, dict) and isinstance(edge.get("source"), int) and isinstance(edge.get("target"), int):
                source, target = labels.get(edge["source"]), labels.get(edge["target"])
                if source is not None and target is not None:
                    related.setdefault(normal(source), []).append(target)
        return tuple(
            Concept(name, tuple(synonyms.get(key, ())), tuple(related.get(key, ())), "", Origin.SERVER, self.url)
            for key, name in names.items()
        )

    def _unavailable(self, what: str) -> ServerUnavailable:
        hint = "start it, or take `knowledge: {server: …}` out of the policy"
        return ServerUnavailable(f"the knowledge server {self.url} {what}", hint=hint)


def _is_term(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= MAX_TERM_CHARACTERS and any(map(str.isalnum, value))
