#!/usr/bin/env bash
# Runs tests on every CPython from 3.11 on that is found, each version once, each in an environment of its own:
#
#   tests/pythons.sh [--beside PYTHON] [pytest's arguments]
#
# Looks for python3 and python3.11 and newer on PATH and in /usr/bin, and in ~/.pyenv/versions. With --beside, the version of that
# interpreter is left out. One that cannot make an environment (Debian's python3 without python3-venv) is skipped, and
# the table at the end says so. The status is that of the worst run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

beside=""
if [[ ${1:-} == --beside ]]; then
    beside="$("$2" -c 'import platform; print(platform.python_version())')"
    shift 2
fi

version_of() { # PYTHON: its version if it is CPython 3.11 or newer
    "$1" -c 'import platform, sys
if sys.version_info >= (3, 11) and platform.python_implementation() == "CPython":
    print(platform.python_version())' 2>/dev/null || true
}

found() {
    local python
    for python in /usr/bin/python3 /usr/bin/python3.1[1-9] /usr/local/bin/python3.1[1-9] \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3 \
        $(type -ap python3 python3.11 python3.12 python3.13 python3.14 python3.15 2>/dev/null); do
        [[ -x $python ]] && printf '%s %s\n' "$(version_of "$python")" "$python"
    done | awk 'NF == 2 && !seen[$1]++' | sort -V
}

prepared() { # VERSION PYTHON: makes its environment, or says why not
    local home=".venv-pythons/$1"
    if [[ ! -f $home/.ready || pyproject.toml -nt $home/.ready ]]; then
        rm -rf "$home"
        "$2" -m venv "$home" || return 1
        "$home/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[dev]' || return 1
        touch "$home/.ready"
    fi
}

status=0
table=""
while read -r version python; do
    [[ $version == "$beside" ]] && continue
    printf '\n-- Python %s (%s)\n' "$version" "$python"
    if ! prepared "$version" "$python"; then
        printf 'SKIPPED: %s cannot make an environment, see above (on Debian: apt-get install python3-venv)\n' "$python" >&2
        result="skipped, no environment"
    elif ".venv-pythons/$version/bin/python" -m pytest -q --no-header -p no:cacheprovider "$@" </dev/null; then
        result="passed"
    else
        result="FAILED"
        status=1
    fi
    table+="$(printf '%-10s %s' "$version" "$result")"$'\n'
done < <(found)
printf '\nPython     result\n%s' "${table:-none beside the main one
}"
exit "$status"
