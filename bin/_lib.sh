# Shared by bin/run and bin/test: finds a Python and makes the virtual environment with it.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Where it is set, every start compiles everything anew.
unset PYTHONDONTWRITEBYTECODE

find_python() {
  local name
  # Under pyenv `python3` follows .python-version, or silently falls back to an older one.
  for name in python3 python3.13 python3.14 python3.12 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  echo "Python 3.12 or newer is needed and was not found (python3 is $(python3 --version 2>&1))." >&2
  echo "Install one: apt-get install python3 python3-venv on Debian 13 and Ubuntu 24.04 or newer," >&2
  echo "elsewhere for example with pyenv install 3.13." >&2
  return 1
}

make_environment() { # the lock to install
  # What is installed already needs no other: cron and systemd know few folders.
  local python=.venv/bin/python
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null \
    || python=$(find_python)
  "$python" bin/_environment.py "$1"
}
