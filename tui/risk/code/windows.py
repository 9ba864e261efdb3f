"""Commands of Windows in programs: the shell's judge knows Unix, and much Python malware is written for Windows."""

from __future__ import annotations

import re
from typing import Final

from tui.levels import RiskLevel
from tui.risk.code.judge import Judge
from tui.risk.model import Category, Effect, Span

_ROWS: Final = tuple(
    (program, re.compile(pattern, re.IGNORECASE), level, category, rule, effect)
    for program, pattern, level, category, rule, effect in (
        ("powershell",
        r"\s[-/]e(?:n(?:c(?:o(?:d(?:e(?:d(?:c(?:o(?:m(?:m(?:a(?:nd?)?)?)?)?)?)?)?)?)?)?)?)?\s+[\"']?[A-Za-z0-9+/=.]{4,}",
         RiskLevel.HIGH, Category.OBFUSCATED, "powershell-encoded", "runs an encoded PowerShell command"),
        ("powershell", r"\s[-/]w(?:in(?:dow(?:style)?)?)?\s+(?:hidden|1)\b", RiskLevel.HIGH, Category.EVADE,
        "powershell-hidden",
         "runs PowerShell in a hidden window"),
        ("powershell",
        r"(?:downloadstring|downloadfile|invoke-webrequest|\biwr\b|\birm\b|net\.webclient).*(?:\biex\b|invoke-expression|start-process)"
         r"|(?:\biex\b|invoke-expression).*(?:downloadstring|\biwr\b|\birm\b|webrequest)|start-bitstransfer",
         RiskLevel.CRITICAL, Category.REMOTE_CODE, "powershell-download", "runs what PowerShell downloads"),
        ("powershell", r"set-mppreference|add-mppreference|disablerealtimemonitoring", RiskLevel.HIGH, Category.EVADE,
        "defender",
         "weakens the virus scanner"),
        ("certutil", r"-(?:urlcache|decode)", RiskLevel.HIGH, Category.REMOTE_CODE, "certutil",
        "uses certutil to fetch or decode a program"),
        ("bitsadmin", r"/transfer", RiskLevel.HIGH, Category.REMOTE_CODE, "bitsadmin",
        "fetches a file in the background"),
        ("mshta", r"https?:|javascript:|vbscript:", RiskLevel.HIGH, Category.REMOTE_CODE, "mshta",
        "runs a script with mshta"),
        ("regsvr32", r"/i:|scrobj", RiskLevel.HIGH, Category.REMOTE_CODE, "regsvr32", "runs a script with regsvr32"),
        ("rundll32", r".", RiskLevel.HIGH, Category.HIJACK, "rundll32", "runs a function of a library"),
        ("schtasks", r"/create", RiskLevel.HIGH, Category.PERSIST, "schtasks",
        "schedules a task that runs again and again"),
        ("reg", r"\badd\b.*\\(?:run|runonce|winlogon|policies)\b", RiskLevel.HIGH, Category.PERSIST, "registry-run",
        "adds a program to those that run at login"),
        ("reg", r"\bdelete\b|\bsave\b.*\\?(?:sam|system|security)\b", RiskLevel.HIGH, Category.DESTROY, "registry",
        "deletes or copies keys of the registry"),
        ("vssadmin", r"delete", RiskLevel.CRITICAL, Category.BACKUP_DESTROY, "shadow-copies",
        "deletes the shadow copies"),
        ("wmic", r"shadowcopy.*delete|process.*call.*create", RiskLevel.HIGH, Category.BACKUP_DESTROY, "wmic",
        "deletes shadow copies or starts programs through WMI"),
        ("wbadmin", r"delete", RiskLevel.CRITICAL, Category.BACKUP_DESTROY, "backup-catalog", "deletes backups"),
        ("bcdedit", r"/set", RiskLevel.HIGH, Category.DESTROY, "bcdedit", "changes how Windows boots"),
        ("net", r"\b(?:user|localgroup)\b.*\s/(?:add|delete)|stop\s", RiskLevel.HIGH, Category.ACCOUNT, "net-user",
        "changes accounts or stops services"),
        ("netsh", r"firewall.*(?:off|disable|add)|wlan.*key=clear", RiskLevel.HIGH, Category.EVADE, "netsh",
        "opens the firewall or shows saved keys"),
        ("format", r"\s[a-z]:(?!.*--?help)", RiskLevel.CRITICAL, Category.DESTROY, "format", "formats a drive"),
        ("del", r"\s/[sq]\b.*[a-z]:\\|\s[a-z]:\\\*", RiskLevel.HIGH, Category.DESTROY, "del",
        "deletes files of a drive"),
        ("rmdir", r"\s/s\b.*[a-z]:\\", RiskLevel.HIGH, Category.DESTROY, "rmdir",
        "deletes a directory and everything below it"),
        ("rd", r"\s/s\b.*[a-z]:\\", RiskLevel.HIGH, Category.DESTROY, "rmdir",
        "deletes a directory and everything below it"),
        ("attrib", r"\+[hs]\b", RiskLevel.HIGH, Category.EVADE, "attrib", "hides a file"),
        ("taskkill", r"/f\b.*(?:msmpeng|defender|explorer|svchost|winlogon)", RiskLevel.HIGH, Category.EVADE,
        "taskkill", "ends a program that guards the system"),
        ("set", r"__compat_layer|__compact_layer", RiskLevel.HIGH, Category.PRIV_ESC, "compat-layer",
        "starts a program past the question for consent"),
        ("cipher", r"/w", RiskLevel.HIGH, Category.DESTROY, "cipher", "overwrites free space"),
        ("runas", r"/user", RiskLevel.HIGH, Category.PRIV_ESC, "runas", "runs a program as another account"),
    )
)  # fmt: skip
_PROGRAM: Final = re.compile(
    r"(?:^|[\s&|;\"'\\/])({})(?:\.exe)?(?=[\s\"'/]|$)".format("|".join(sorted({row[0] for row in _ROWS}))),
    re.IGNORECASE,
)
_UNIX_WORDS: Final = frozenset({"format", "set", "net", "reg", "del", "rd", "rmdir", "attrib"})


def judge_windows_command(judge: Judge, span: Span, command: str) -> None:
    """Report what a command of Windows does, where it stands at the start of `command` or after `cmd /c`."""
    text = command[:4096]
    for match in _PROGRAM.finditer(text):
        program = match[1].lower()
        before = text[: match.start(1)].strip().lower()
        if program in _UNIX_WORDS and before and not before.endswith(("&", "|", "/c", "/k", ";")):
            continue
        rest = text[match.end(1) :]
        for name, pattern, level, category, rule, effect in _ROWS:
            if name == program and pattern.search(rest):
                judge.report(level, category, f"windows-{rule}", effect, span, Effect.EXECUTE)
