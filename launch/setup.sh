# Sourced by ./run and ./test: makes .venv and installs into it, once at a time.
# shellcheck shell=bash

here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
venv="$here/.venv"

say() { printf '%s\n' "$*" >&2; }
fail() { say "Cannot go on: $*"; exit 1; }

# install_debian PACKAGE...: through apt when we are root; the caller says what it means when it fails.
apt_updated=
install_debian() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  if [ -z "$apt_updated" ]; then
    say "• asking Debian for its package lists"
    apt-get update -qq >/dev/null 2>&1 || say "  (the lists could not be refreshed; going on with what is known)"
    apt_updated=yes
  fi
  say "• installing Debian packages: $*"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
makes_venvs() { has_venv "$1" || { install_debian python3-venv && has_venv "$1"; }; }

# Debian's own Python first: it is built with profiles and link-time optimisation, which one that was
# built from source often is not; calls cost half as much in it.
DEBIAN_PYTHON=/usr/bin/python3
find_python() {
  python="${PYTHON:-}"
  if [ -z "$python" ] && is_new_enough "$DEBIAN_PYTHON" && makes_venvs "$DEBIAN_PYTHON"; then
    python="$DEBIAN_PYTHON"
  fi
  python="${python:-python3}"
  command -v "$python" >/dev/null || fail "there is no $python. Install Python 3.11 or newer."
  is_new_enough "$python" ||
    fail "$python is older than 3.11. Give a newer one: PYTHON=/path/to/python3.11 $0"
  makes_venvs "$python" || fail "Python's venv is missing. As root: apt-get install python3-venv"
}

make_venv() {
  "$venv/bin/python" -m pip --version >/dev/null 2>&1 && return
  find_python
  say "• making the Python environment in .venv"
  "$python" -m venv --clear "$venv" || fail "$venv could not be made."
}

# What is installed is told by a stamp: the hash of the list and of the interpreter.
stamp_of() { { cat "$here/requirements.txt" "$@"; readlink -f "$venv/bin/python"; } 2>/dev/null | sha256sum | cut -d' ' -f1; }

# uv does what pip does, but fetches and unpacks side by side, in a fifth of the time. What it cannot do
# here (an index that it cannot talk to, a home that it may not write to) pip does afterwards.
UV=uv==0.13.9
install_by_uv() {
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --quiet "$UV" &&
    (cd "$here" && exec "$venv/bin/python" -m launch.index "$venv/bin/uv" pip install --quiet \
      --python "$venv/bin/python" --requirement "$here/$1" "${@:2}")
}
install_by_pip() {
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off \
    --requirement "$here/$1" |
    sed -un 's/^Collecting \([^ ]*\).*/    \1/p; s/^Installing collected packages.*/    unpacking/p' >&2
  return "${PIPESTATUS[0]}"
}

# install_list LIST [OPTION...]: the options are uv's.
install_list() {
  say "• installing Python packages from $1 (a minute or two the first time)"
  install_by_uv "$@" 2>"$venv/uv-errors" && return
  say "  (by pip: what uv minded is in $venv/uv-errors)"
  if ! install_by_pip "$1" 2>"$venv/pip-errors"; then
    tail -n 15 "$venv/pip-errors" >&2
    fail "the packages of $1 could not be installed (see above). Is the package index reachable?"
  fi
}

# set_up run|test: the lock is on the project's folder itself, so it leaves no file behind.
set_up() {
  exec 9<"$here"
  if ! flock --nonblock 9; then
    say "• waiting for another set-up to finish"
    flock 9
  fi
  local stamp="$venv/.installed-$1"
  if [ "$1" = test ]; then
    if [ "$(cat "$stamp" 2>/dev/null)" != "$(stamp_of "$here/requirements-dev.txt")" ]; then
      make_venv
      install_list requirements-dev.txt # of what is never imported, nothing is compiled
      stamp_of "$here/requirements-dev.txt" >"$stamp"
      stamp_of >"$venv/.installed-run"
    fi
  elif [ "$(cat "$stamp" 2>/dev/null)" != "$(stamp_of)" ]; then
    make_venv
    # Compiled at once: whoever runs it later may not be allowed to keep what he compiles.
    install_list requirements.txt --compile-bytecode
    stamp_of >"$stamp"
  fi
  exec 9<&-
}
