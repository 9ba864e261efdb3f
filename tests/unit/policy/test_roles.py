"""Roles: what they permit, and what a command needs."""

from __future__ import annotations

import pytest

from tests.unit.policy.proposals import assessment, proposal
from tui.levels import RiskLevel
from tui.policy.roles import DEFAULT_ROLES, check_permissions, needed, role_name
from tui.policy.verdict import Check, Result
from tui.proposal import Proposal
from tui.risk.model import Confidence, Effect


def checked(asked: Proposal) -> Check:
    return check_permissions(DEFAULT_ROLES, asked)


@pytest.mark.parametrize(
    ("effects", "level", "confidence", "needs"),
    [
        ({Effect.READ}, "low", "parsed", {"read"}),
        ({Effect.READ, Effect.NETWORK_IN}, "medium", "folded", {"read"}),
        ({Effect.WRITE}, "low", "parsed", {"read", "write"}),
        ({Effect.OVERWRITE, Effect.DELETE}, "medium", "parsed", {"read", "write"}),
        ({Effect.READ}, "high", "parsed", {"read", "execute"}),
        ({Effect.CREDENTIAL_READ}, "critical", "parsed", {"read", "execute"}),
        ({Effect.EXECUTE}, "low", "parsed", {"read", "execute"}),
        ({Effect.PRIVILEGE}, "medium", "parsed", {"read", "execute"}),
        ({Effect.NETWORK_OUT}, "medium", "parsed", {"read", "execute"}),
        ({Effect.KILL}, "medium", "parsed", {"read", "execute"}),
        ({Effect.INSTALL}, "medium", "parsed", {"read", "write", "execute"}),
        ({Effect.READ}, "low", "partial", {"read", "execute"}),
    ],
)  # fmt: skip
def test_what_is_needed_follows_from_what_is_done(
    effects: set[Effect], level: str, confidence: str, needs: set[str]
) -> None:
    judged = assessment("x", effects=effects, level=RiskLevel(level), confidence=Confidence(confidence))
    assert set(needed(judged)) == needs


def test_no_effect_is_forgotten() -> None:
    harmless = {Effect.READ, Effect.NETWORK_IN, Effect.CREDENTIAL_READ}
    for effect in set(Effect) - harmless:
        assert set(needed(assessment("x", effects={effect}))) > {"read"}, effect


def test_the_default_role_reads_and_does_not_write() -> None:
    assert checked(proposal(role="default")).result is Result.ALLOWED
    writing = checked(proposal(judged=assessment("touch x", effects={Effect.WRITE}), role="default"))
    assert writing.result is Result.DENIED
    assert writing.reason == "the role default does not permit write (its effects: write)"
    assert writing.details["missing"] == ["write"]


@pytest.mark.parametrize("name", ["engineer", "Engineer", "Terraphim Engineer", "terraphim_engineer"])
def test_the_engineer_does_everything(name: str) -> None:
    judged = assessment("x", effects=set(Effect), level=RiskLevel.CRITICAL)
    assert checked(proposal(judged=judged, role=name, permissions=("configure",))).result is Result.ALLOWED


@pytest.mark.parametrize("name", ["root", "", "engineer2"])
def test_an_unknown_role_permits_nothing(name: str) -> None:
    check = checked(proposal(role=name))
    assert check.result is Result.DENIED
    assert "there is no role" in check.reason


def test_what_a_definition_asks_for_is_needed_too() -> None:
    check = checked(proposal(permissions=("read", "Deploy")))
    assert check.result is Result.DENIED
    assert "deploy (the definition asks for it)" in check.reason


def test_a_definition_cannot_ask_for_less_than_it_does() -> None:
    judged = assessment("rm x", effects={Effect.DELETE})
    assert checked(proposal(judged=judged, role="default", permissions=("read",))).result is Result.DENIED


def test_a_definition_for_some_roles_only() -> None:
    assert checked(proposal(roles=("Default",))).result is Result.DENIED
    assert checked(proposal(roles=("default", "Terraphim Engineer"))).result is Result.ALLOWED


def test_roles_of_a_definition_grant_nothing() -> None:
    judged = assessment("touch x", effects={Effect.WRITE})
    assert checked(proposal(judged=judged, role="default", roles=("default",))).result is Result.DENIED
    assert checked(proposal(role="stranger", roles=("stranger",))).result is Result.DENIED


def test_what_was_not_assessed_is_not_permitted() -> None:
    asked = Proposal("x", (), "default", "ann", "engineer")
    assert checked(asked).result is Result.DENIED


def test_names_of_roles_are_compared_without_case_and_separators() -> None:
    assert role_name(" Release  Manager ") == role_name("release_manager") == "release-manager"
