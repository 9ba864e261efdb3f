"""Verbs of services: what destroys there, wherever the verb stands, and what only looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.levels import RiskLevel
from tui.risk import assess
from tui.risk.knowledge import load_knowledge

KNOWLEDGE = load_knowledge()
CLIENTS = st.sampled_from(
    ["gcloud", "az", "kubectl", "oc", "doctl", "hcloud", "openstack", "vault", "nomad", "fastly", "stripe"]
)
THINGS = st.sampled_from(["volume", "bucket", "user", "disk", "stream", "flag", "server", "zone"])
DESTROYING = st.sampled_from(["delete", "destroy", "purge"])
LOOKING = st.sampled_from(["list", "get", "describe", "show"])


def level(text: str) -> RiskLevel:
    return assess(text, knowledge=KNOWLEDGE).level


@given(CLIENTS, THINGS, DESTROYING)
def test_destroying_is_high_in_every_service(client: str, thing: str, verb: str) -> None:
    assert level(f"{client} {thing} {verb} blue") >= RiskLevel.HIGH
    assert level(f"{client} {thing} {verb} blue --dry-run") < RiskLevel.HIGH
    assert level(f"{client} {thing} {verb} --help") < RiskLevel.HIGH


@given(CLIENTS, THINGS, LOOKING, DESTROYING)
def test_looking_at_something_called_like_a_verb_is_not(client: str, thing: str, verb: str, name: str) -> None:
    assert level(f"{client} {thing} {verb} {name}") < RiskLevel.HIGH


@pytest.mark.parametrize("host", ["localhost:3000", "127.0.0.1:8000", "api:8000"])
def test_deleting_in_a_service_under_development_is_not_high(host: str) -> None:
    assert level(f"curl -X DELETE http://{host}/items/1") < RiskLevel.HIGH


@pytest.mark.parametrize("host", ["api.example.com", "localhost:9200", "search.internal:7700/indexes"])
def test_deleting_elsewhere_and_in_stores_is_high(host: str) -> None:
    assert level(f"curl -sX DELETE http://{host}/movies") >= RiskLevel.HIGH


@pytest.mark.parametrize(
    ("text", "high"),
    [
        ("psql -c 'DROP TABLE users'", True),
        ("psql <<'SQL'\nDELETE FROM users;\nSQL", True),
        ("echo 'TRUNCATE users' | mysql shop", True),
        ("psql -c 'DELETE FROM users WHERE id = 3'", False),
        ("psql -c 'SELECT deleted FROM users'", False),
        ("echo 'DROP TABLE users' > migration.sql", False),
        ("sqlite3 app.db 'DROP TABLE IF EXISTS t; CREATE TABLE t (id)'", False),
    ],
)
def test_sql_is_read_wherever_it_stands(text: str, high: bool) -> None:
    assert (level(text) >= RiskLevel.HIGH) is high
