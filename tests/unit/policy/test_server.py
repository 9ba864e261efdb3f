"""A Terraphim server as a source, over real HTTP. What it does not say clearly is an error, never a pass."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.unit.policy.terraphim import Terraphim
from tui.policy.knowledge.graph import Graph
from tui.policy.knowledge.server import MAX_ANSWER_BYTES, KnowledgeServer, ServerUnavailable


@pytest.fixture
def terraphim() -> Iterator[Terraphim]:
    server = Terraphim()
    yield server
    server.close()


@pytest.fixture
async def client(terraphim: Terraphim) -> AsyncIterator[KnowledgeServer]:
    opened = KnowledgeServer(terraphim.url, "Terraphim Engineer", 20.0)
    yield opened
    await opened.close()


async def test_terms_concepts_and_connections(terraphim: Terraphim, client: KnowledgeServer) -> None:
    graph = Graph(await client.concepts())
    assert terraphim.asked == ["/thesaurus/Terraphim%20Engineer", "/rolegraph?role=Terraphim%20Engineer"]
    assert [concept.name for concept in graph.match("ship the web")] == ["deployment", "service"]
    deployment, service, lonely = (graph.find(term) for term in ("deploy", "service", "lonely"))
    assert deployment is not None
    assert service is not None
    assert lonely is not None
    assert graph.connected([service, deployment])
    assert not graph.connected([service, lonely])


async def test_it_is_asked_every_time(terraphim: Terraphim, client: KnowledgeServer) -> None:
    first = await client.concepts()
    assert await client.concepts() is first
    terraphim.say("thesaurus", {"status": "success", "thesaurus": {"k8s": "cluster"}})
    assert Graph(await client.concepts()).find("k8s") is not None
    assert len(terraphim.asked) == 6


@pytest.mark.parametrize(
    ("path", "answer", "status", "message"),
    [
        ("thesaurus", {"status": "error", "thesaurus": None, "error": "Role 'x' not found"}, 200, "Role 'x' not found"),
        ("rolegraph", {"status": "error", "message": "none"}, 404, "404 Not Found"),
        ("thesaurus", b"<html>", 200, "does not answer with JSON"),
        ("thesaurus", [], 200, "does not answer with an object"),
        ("thesaurus", {"status": "success"}, 200, "does not answer with a thesaurus and a graph"),
        ("rolegraph", {"status": "success", "nodes": {}, "edges": []}, 200, "a thesaurus and a graph"),
        ("thesaurus", {}, 500, "500 Internal Server Error"),
        ("thesaurus", {}, 302, "302 Found"),
        ("thesaurus", b"x" * (MAX_ANSWER_BYTES + 1), 200, "more than 16 MiB"),
    ],
)
async def test_anything_but_a_graph_is_an_error(
    terraphim: Terraphim, client: KnowledgeServer, path: str, answer: Any, status: int, message: str
) -> None:
    await client.concepts()  # what it said before does not help
    terraphim.say(path, answer, status)
    with pytest.raises(ServerUnavailable, match=message):
        await client.concepts()


async def test_a_server_that_is_not_there(client: KnowledgeServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = KnowledgeServer(f"http://127.0.0.1:{unused.getsockname()[1]}", "x", 20.0)
        with pytest.raises(ServerUnavailable, match="is unreachable"):
            await gone.concepts()
        await gone.close()


async def test_a_server_that_says_nothing(terraphim: Terraphim) -> None:
    terraphim.silent.set()
    client = KnowledgeServer(terraphim.url, "x", 0.05)
    with pytest.raises(ServerUnavailable, match=r"did not answer within 0\.05 s"):
        await client.concepts()
    await client.close()


async def test_nonsense_in_a_graph_is_left_out(terraphim: Terraphim, client: KnowledgeServer) -> None:
    terms = {"ok": "fine", "": "x", "x" * 101: "y", "!": "z", "number": 5}
    terraphim.say("thesaurus", {"status": "success", "thesaurus": terms})
    nodes = [1, {"id": "a", "label": "b"}, {"id": 1, "label": 2}]
    terraphim.say("rolegraph", {"status": "success", "nodes": nodes, "edges": [None, {"source": [], "target": 1}]})
    assert [(concept.name, concept.synonyms) for concept in await client.concepts()] == [("fine", ("ok",))]
