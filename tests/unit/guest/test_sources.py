"""Package sources taken over from the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.machines.guest import sources
from tui.machines.guest.sources import guest_sources, host_apt_settings, host_sources, host_suite


def _stanzas(tmp_path: Path, text: str) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(text)
    return tmp_path


DEB822 = """\
# comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://other.example/
Suites: nodistro
Components: main
"""


def test_stanzas_of_the_suite_are_taken(tmp_path: Path) -> None:
    (source,) = host_sources("bookworm", _stanzas(tmp_path, DEB822))
    assert source.uris == ("http://mirror.example/debian",)
    assert source.suites == ("bookworm", "bookworm-updates")
    assert source.options == {"Signed-By": "/usr/share/keyrings/debian-archive-keyring.gpg"}


def test_one_line_entries_are_taken(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text(
        "deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main non-free # mine\n"
        "deb-src http://a.example/debian bookworm main\n"
        "# deb http://b.example/debian bookworm main\n"
        "deb cdrom:[Debian]/ bookworm main\n"
        "deb http://docker.example/debian bookworm stable\n"
        "deb http://a.example/security bookworm-security main\n"
        "deb http://a.example/debian bullseye main\n"
    )
    found = host_sources("bookworm", tmp_path)
    assert [(source.uris[0], source.suites) for source in found] == [
        ("http://a.example/debian", ("bookworm",)),
        ("http://a.example/security", ("bookworm-security",)),
    ]
    assert found[0].options == {"Signed-By": "/k.gpg"}


def test_a_key_inside_a_stanza_survives(tmp_path: Path) -> None:
    text = (
        "Types: deb\nURIs: http://a.example/\nSuites: bookworm\nComponents: main\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n"
    )
    (source,) = host_sources("bookworm", _stanzas(tmp_path, text))
    assert "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n" in source.stanza()


def test_debians_own_mirror_is_the_fallback(tmp_path: Path) -> None:
    found = host_sources("bookworm", tmp_path)
    assert [(source.uris[0], source.suites) for source in found] == [
        ("http://deb.debian.org/debian", ("bookworm", "bookworm-updates")),
        ("http://deb.debian.org/debian-security", ("bookworm-security",)),
    ]


def test_a_guest_gets_the_sources_without_what_is_the_hosts_own(tmp_path: Path) -> None:
    found = host_sources(
        "bookworm",
        _stanzas(
            tmp_path,
            "Types: deb\nURIs: https://user:secret@private.example/debian http://open.example/debian\n"
            "Suites: bookworm\nComponents: main\nSigned-By: /etc/private.gpg\n\n"
            "Types: deb\nURIs: file:/srv/mirror\nSuites: bookworm-updates\nComponents: main\n",
        ),
    )
    text = guest_sources(found, "bookworm")
    assert "http://open.example/debian" in text
    assert not any(word in text for word in ("secret", "private", "/srv/mirror"))


def test_a_guest_of_private_mirrors_only_gets_debians_own(tmp_path: Path) -> None:
    text = "Types: deb\nURIs: https://u:p@private.example/\nSuites: bookworm\nComponents: main\n"
    found = guest_sources(host_sources("bookworm", _stanzas(tmp_path, text)), "bookworm")
    assert "URIs: http://deb.debian.org/debian\n" in found
    assert "private" not in found


@pytest.mark.parametrize(
    ("text", "suite"),
    [
        ('ID=debian\nVERSION_CODENAME=trixie\nNAME="Debian GNU/Linux"\n', "trixie"),
        ("ID=debian\n", sources.DEFAULT_SUITE),
        ("ID=ubuntu\nVERSION_CODENAME=noble\n", sources.DEFAULT_SUITE),
        ("ID=debian\nVERSION_CODENAME='; rm -rf /'\n", sources.DEFAULT_SUITE),
        ('ID="unbalanced\n', sources.DEFAULT_SUITE),
    ],
)
def test_the_suite_is_the_hosts_where_that_is_debian(tmp_path: Path, text: str, suite: str) -> None:
    (tmp_path / "os-release").write_text(text)
    assert host_suite(tmp_path / "os-release") == suite


def test_a_host_without_os_release_gets_the_default(tmp_path: Path) -> None:
    assert host_suite(tmp_path / "missing") == sources.DEFAULT_SUITE


def test_the_proxy_of_the_hosts_apt_is_carried_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "apt.conf"
    settings.write_text('Acquire::http::Proxy "http://proxy.example:3128/";\nAPT::Install-Recommends "true";\n')
    monkeypatch.setenv("APT_CONFIG", str(settings))
    carried = host_apt_settings(tmp_path)
    assert 'Acquire::http::Proxy "http://proxy.example:3128/";' in carried
    assert "Recommends" not in carried
    assert f'Dir::Etc::netrc "{tmp_path}/auth.conf";' in carried
