#!/bin/sh
# Prepare what a fresh Debian leaves out, for the Makefile.
#
#   scripts/bootstrap.sh packages NAME...   install Debian packages that are missing
#   scripts/bootstrap.sh venv DIR           make a virtual environment with Python 3.11 or newer
#
# Installs only as root or through sudo; otherwise it says the exact command. PYTHON=... chooses the interpreter.
set -eu

say() { printf 'rollcage: %s\n' "$*" >&2; }

fail() {
    say "$1"
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

packages() {
    missing=""
    for name in "$@"; do
        if ! dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed; then
            missing="$missing $name"
        fi
    done
    [ -z "$missing" ] && return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        fail "these packages are needed and this host has no apt:$missing" "install their equivalents and try again"
    fi
    root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || fail "these packages are needed:$missing" "run as root: apt-get install$missing"
        root=sudo
    fi
    say "installing$missing"
    # A fresh machine has no package lists; one with stale lists needs new ones just as much.
    $root apt-get update -qq || fail "apt-get update failed" "check the network, then try again"
    # shellcheck disable=SC2086  # $missing is a list of package names
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        fail "apt could not install$missing" "run it yourself to see why: apt-get install$missing"
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 or newer"
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

venv() {
    dir=$1
    python=$(find_python)
    if [ -z "$python" ]; then
        packages python3
        python=$(find_python)
    fi
    [ -n "$python" ] || fail "Python 3.11 or newer is needed; this host has $(python3 --version 2>&1 || echo none)" \
        "Debian 12 and later have it; otherwise install one and say: make PYTHON=/path/to/python3 run"
    # Debian keeps ensurepip, without which a virtual environment has no pip, in a package of its own.
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        packages python3-venv
        "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
            fail "$python cannot make virtual environments" "install the venv module of exactly this Python"
    fi
    # An interrupted attempt leaves an environment without a working pip; it is made anew.
    if ! "$dir/bin/python" -m pip --version >/dev/null 2>&1 || ! new_enough "$dir/bin/python"; then
        say "making $dir with $("$python" --version)"
        "$python" -m venv --clear "$dir"
    fi
}

case "${1:-}" in
packages) shift; packages "$@" ;;
venv) venv "$2" ;;
*) fail "usage: scripts/bootstrap.sh packages NAME... | venv DIR" ;;
esac
