"""What happens to the things a command names: role of the argument × kind of place × scope → how bad."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from tui.levels import RiskLevel
from tui.risk.judge.draft import Verdict
from tui.risk.judge.targets import SECRET_FILE, classify_text, describe
from tui.risk.judge.touched import Touched
from tui.risk.model import Category, Effect, Reversibility
from tui.risk.rule import Target
from tui.risk.shell.model import Invocation

LOW, MEDIUM, HIGH, CRITICAL = RiskLevel
_OF_SERVICES: Final = re.compile(r"^/(?:opt|srv|var)/")
_TOP_LEVEL: Final = re.compile(r"^/[^/]+/?\*?$|^/(?:usr|var|System|private)/[^/]+/?\*?$")
_INSIDE: Final = frozenset({Target.WORKSPACE, Target.TEMP, Target.CACHE})
_HISTORY: Final = re.compile(r"history$|HISTFILE|\.zhistory$|\.lesshst$")
_LOGINS: Final = re.compile(r"^/var/(?:log|run)/(?:[wub]tmp|lastlog)$")
_CORE_PROGRAM: Final = re.compile(
    r"^(?:/usr)?/s?bin/(?:(?:ba|da|z|k|c)?sh|ls|ps|cat|cp|mv|rm|ln|id|who|w|ss|ssh|sshd|scp|sudo|su|login|passwd"
    r"|crond?|init|systemd|systemctl"
    r"|netstat|top|find|grep|kill|pkill|mount|tar|env|sed|awk|chmod|chown|useradd|usermod|ip|iptables|lsof|df|du|date|true|sleep)$"
)
_KEPT_LOGS: Final = re.compile(
    r"^/var/log/(?:(?:auth|kern|daemon|user|faillog|cron)(?:\.log)?|secure|syslog|messages|audit/audit\.log)$"
)

EFFECTS: Final = {
    "deletes": frozenset({Effect.DELETE}),
    "destroys": frozenset({Effect.DELETE, Effect.OVERWRITE}),
    "overwrites": frozenset({Effect.WRITE, Effect.OVERWRITE}),
    "writes": frozenset({Effect.WRITE}),
    "creates": frozenset({Effect.WRITE}),
    "reads": frozenset({Effect.READ}),
    "sends": frozenset({Effect.NETWORK_OUT}),
    "runs": frozenset({Effect.EXECUTE}),
}
"""What each role does to its argument, wherever that is; how bad it is there is another question."""


def weigh(thing: Touched, invocation: Invocation) -> tuple[frozenset[Effect], Verdict | None]:
    """Return what happens to one argument, and what there is to say about it; None when it is not worth a word."""
    effects = EFFECTS.get(thing.role, frozenset())
    if not thing.kinds:  # /dev/null and the terminal hold nothing
        return frozenset(), _said(thing, invocation)
    if Target.REMOTE in thing.kinds:
        effects |= {Effect.REMOTE}
    return effects, _said(thing, invocation)


def _said(thing: Touched, invocation: Invocation) -> Verdict | None:
    match thing.role:
        case "deletes":
            return _deletes(thing)
        case "destroys":
            return _destroys(thing)
        case "overwrites" | "writes":
            return _writes(thing, invocation)
        case "creates":
            return _creates(thing)
        case "reads":
            return _reads(thing)
        case "sends":
            return _sends(thing)
    return None


def _verdict(
    thing: Touched, level: RiskLevel, category: Category, effect: str, rule: str, *attack: str,
    effects: frozenset[Effect], back: Reversibility = Reversibility.IRREVERSIBLE,
) -> Verdict:  # fmt: skip
    return Verdict(level, category, effect, rule, attack, effects, back, thing.word)


_DELETE: Final = frozenset({Effect.DELETE})


def _deletes(thing: Touched) -> Verdict:
    kinds, name = thing.kinds, describe(thing.word)
    scope = thing.recursive or "*" in thing.word.text or "?" in thing.word.text

    def say(
        level: RiskLevel, effect: str, rule: str, category: Category = Category.DESTROY, attack: str = "T1485"
    ) -> Verdict:
        return _verdict(thing, level, category, effect, rule, attack, effects=_DELETE)

    everything = " and everything below it" if thing.recursive else ""
    if Target.ROOT in kinds:
        if Target.UNKNOWN in kinds:
            return say(
                HIGH if scope else MEDIUM,
                f"deletes the root of the file system if the variable in {name} is empty",
                "fs.delete-unset",
            )
        return say(CRITICAL if scope else HIGH, "deletes the whole file system", "fs.delete-root")
    if Target.DEVICE in kinds:
        return say(HIGH, f"deletes the device {name}", "fs.delete-device")
    if Target.HOME in kinds and scope:
        return say(CRITICAL, f"deletes the home directory {name}", "fs.delete-home")
    if Target.CREDENTIAL in kinds:
        return say(HIGH, f"deletes the credentials in {name}", "fs.delete-credentials", Category.SECRETS_DESTROY)
    if Target.ACCOUNT in kinds:
        return say(HIGH, f"deletes {name}, which says who may do what", "fs.delete-accounts", Category.ACCOUNT, "T1531")
    if Target.LOG in kinds:
        return say(HIGH, f"deletes the log {name}", "fs.delete-log", Category.EVADE, "T1070")
    if Target.PROTECTION in kinds:
        effect = f"deletes {name}, the settings of what protects or records"
        return say(HIGH, effect, "fs.delete-protection", Category.EVADE, "T1562")
    if Target.BOOT in kinds:
        return say(CRITICAL if scope else HIGH, f"deletes {name}, which the machine needs to start", "fs.delete-boot")
    if Target.CACHE in kinds or Target.TEMP in kinds:
        return say(
            MEDIUM if thing.recursive else LOW, f"deletes {name}{everything}", "fs.delete-temporary", Category.CHANGE
        )
    if Target.SYSTEM in kinds and scope:
        level = CRITICAL if _TOP_LEVEL.match(thing.word.text) else HIGH
        needed = "services may need" if _OF_SERVICES.match(thing.word.text) else "the system needs"
        return say(level, f"deletes {name}{everything}, which {needed}", "fs.delete-system")
    if Target.VCS in kinds and scope:
        return say(
            HIGH, f"deletes the history of the repository in {name}", "fs.delete-repository", Category.VCS_HISTORY
        )
    if Target.BACKUP in kinds and thing.recursive and Target.WORKSPACE not in kinds:
        return say(HIGH, f"deletes the backups in {name}", "fs.delete-backups", Category.BACKUP_DESTROY, "T1490")
    if Target.WORKSPACE_WHOLE in kinds and thing.recursive:
        return say(HIGH, f"deletes everything in the working directory ({name})", "fs.delete-workspace")
    if thing.recursive and Target.HOME_PART in kinds:
        return say(HIGH, f"deletes {name}{everything}, in a home directory", "fs.delete-home-part")
    if thing.recursive and Target.ANY_OUTSIDE in kinds:
        return say(HIGH, f"deletes {name}{everything}, outside the working directory", "fs.delete-outside")
    if Target.UNKNOWN in kinds:
        return say(
            MEDIUM, f"deletes {name}{everything}, whatever that is when it runs", "fs.delete-unknown", Category.CHANGE
        )
    return say(MEDIUM, f"deletes {name}{everything}", "fs.delete", Category.CHANGE)


def _destroys(thing: Touched) -> Verdict:
    name = describe(thing.word)
    worst = thing.kinds & {Target.ROOT, Target.HOME, Target.DEVICE, Target.BOOT}
    category = Category.EVADE if Target.LOG in thing.kinds else Category.DESTROY
    return _verdict(
        thing, CRITICAL if worst else HIGH, category, f"destroys {name} beyond recovery", "fs.destroy", "T1485",
        effects=frozenset({Effect.DELETE, Effect.OVERWRITE}),
    )  # fmt: skip


def _writes(thing: Touched, invocation: Invocation) -> Verdict | None:
    kinds, name = thing.kinds, describe(thing.word)
    replaces = thing.role == "overwrites"
    verb = "replaces" if replaces else "changes"
    effects = frozenset({Effect.OVERWRITE if replaces else Effect.WRITE})

    def say(
        level: RiskLevel,
        effect: str,
        rule: str,
        category: Category,
        attack: str = "",
        more: frozenset[Effect] = frozenset(),
    ) -> Verdict:
        back = Reversibility.HARD if replaces else Reversibility.REVERSIBLE
        return _verdict(
            thing, level, category, effect, rule, *filter(None, (attack,)), effects=effects | more, back=back
        )

    if Target.DEVICE in kinds:
        return say(CRITICAL, f"overwrites the device {name}", "fs.write-device", Category.DESTROY, "T1561")
    if Target.ACCOUNT in kinds:
        more = frozenset({Effect.PRIVILEGE, Effect.CONFIG})
        category = (
            Category.PERSIST if thing.word.text.endswith(("authorized_keys", "authorized_keys2")) else Category.PRIV_ESC
        )
        return say(HIGH, f"{verb} {name}, which says who may do what", "fs.write-accounts", category, "T1098", more)
    if Target.PROTECTION in kinds:
        effect = f"{verb} {name}, the settings of what protects or records"
        return say(HIGH, effect, "fs.write-protection", Category.EVADE, "T1562", frozenset({Effect.CONFIG}))
    if Target.STARTUP in kinds:
        more = frozenset({Effect.PERSIST})
        return say(
            HIGH,
            f"{verb} {name}, which is run or read at boot, login or on a schedule",
            "fs.write-startup",
            Category.PERSIST,
            "T1546",
            more,
        )
    if replaces and (_LOGINS.search(name) or _KEPT_LOGS.search(name) or (Target.LOG in kinds and thing.word.globs)):
        effect = f"replaces {name}, a record of what happened on this machine"
        return say(HIGH, effect, "fs.replace-logins", Category.EVADE, "T1070")
    if Target.LOG in kinds and (thing.empties or (replaces and _HISTORY.search(name))):
        return say(HIGH, f"empties the log {name}", "fs.empty-log", Category.EVADE, "T1070")
    if thing.empties and thing.word.globs and Target.ANY_OUTSIDE in kinds:
        return say(HIGH, f"empties every file that matches {name}", "fs.empty-many", Category.DESTROY, "T1485")
    if replaces and _CORE_PROGRAM.match(name):
        effect = f"replaces the program {name}, which everybody on this machine runs"
        return say(HIGH, effect, "fs.replace-program", Category.HIJACK, "T1554")
    if Target.KERNEL in kinds:
        return say(
            HIGH,
            f"turns a switch of the kernel: {name}",
            "fs.write-kernel",
            Category.KERNEL,
            "T1562",
            frozenset({Effect.KERNEL}),
        )
    if Target.BOOT in kinds:
        return say(HIGH, f"{verb} {name}, which the machine needs to start", "fs.write-boot", Category.DESTROY, "T1542")
    if replaces and Target.CREDENTIAL in kinds and Target.HOME_PART in kinds:
        return say(MEDIUM, f"replaces the credentials in {name}", "fs.write-credentials", Category.CHANGE)
    if Target.ROOT in kinds or Target.HOME in kinds:
        return say(MEDIUM, f"writes into {name}", "fs.write-top", Category.CHANGE)
    if (Target.SYSTEM in kinds or Target.ANY_OUTSIDE in kinds) and not kinds & _INSIDE:
        if Target.LOG in kinds:
            return None
        return say(
            MEDIUM,
            f"{verb} {name}, outside the working directory",
            "fs.write-outside",
            Category.CHANGE,
            more=frozenset({Effect.CONFIG}) if invocation.privileged else frozenset(),
        )
    return None


def _creates(thing: Touched) -> Verdict | None:
    if not thing.kinds & {Target.SYSTEM, Target.ANY_OUTSIDE} or thing.kinds & _INSIDE:
        return None
    effect = f"creates {describe(thing.word)}, outside the working directory"
    return _verdict(
        thing, MEDIUM, Category.CHANGE, effect, "fs.create-outside", effects=frozenset({Effect.WRITE}),
        back=Reversibility.REVERSIBLE,
    )  # fmt: skip


def _reads(thing: Touched) -> Verdict | None:
    if Target.CREDENTIAL not in thing.kinds:
        return _hunts(thing)
    return _verdict(
        thing, HIGH, Category.CRED_READ, f"reads the secrets in {describe(thing.word)}", "fs.read-credentials", "T1552",
        effects=frozenset({Effect.READ, Effect.CREDENTIAL_READ}), back=Reversibility.IRREVERSIBLE,
    )  # fmt: skip


_SAMPLE: Final = re.compile(r"\.(?:example|sample|template|dist|tpl)$")
"""Files that show what one with secrets looks like."""


def _hunts(thing: Touched) -> Verdict | None:
    """Say so where files with secrets are read wherever they lie: `~/*.kdbx`, or what `find / -name '*.pem'` finds."""
    text = thing.word.text
    if not (thing.word.globs and SECRET_FILE.search(text)) or _SAMPLE.search(text):
        return None
    if not classify_text(posixpath.dirname(text) or "/") & {Target.ROOT, Target.HOME}:
        return None
    return _verdict(
        thing, HIGH, Category.CRED_READ, f"reads every file with secrets that matches {describe(thing.word)}",
        "fs.read-secret-files", "T1552.001", effects=frozenset({Effect.READ, Effect.CREDENTIAL_READ}),
        back=Reversibility.IRREVERSIBLE,
    )  # fmt: skip


def _sends(thing: Touched) -> Verdict | None:
    name = describe(thing.word)
    effects = frozenset({Effect.NETWORK_OUT})
    if Target.CREDENTIAL in thing.kinds or SECRET_FILE.search(thing.word.text):
        return _verdict(
            thing, CRITICAL, Category.EXFIL, f"sends the secrets in {name} to another machine", "net.send-credentials",
            "T1041", "T1552", effects=effects | {Effect.CREDENTIAL_READ},
        )  # fmt: skip
    if thing.kinds & {Target.ACCOUNT, Target.HOME, Target.ROOT, Target.LOG}:
        return _verdict(
            thing, HIGH, Category.EXFIL, f"sends {name} to another machine", "net.send-system", "T1041", effects=effects
        )
    if Target.REMOTE in thing.kinds:
        return None
    return _verdict(
        thing, MEDIUM, Category.CHANGE, f"sends {name} to another machine", "net.send-file", effects=effects
    )
