#!/bin/sh
# Make a virtual environment: venv.sh PYTHON FOLDER. Installs Debian's python3-venv where it is missing and we may.
set -eu
python=$1 folder=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "Open Lines needs Python 3.11 or newer; name it with: make PYTHON=/path/to/python3" >&2
    exit 2
}
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    else
        echo "Python's venv module is missing; on Debian or Ubuntu: sudo apt-get install python3-venv" >&2
        exit 2
    fi
fi
[ -x "$folder/bin/pip" ] || "$python" -m venv "$folder"
