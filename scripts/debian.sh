#!/bin/sh
# What the tests need from the system: a browser, Java for the HTML checker, and PostgreSQL, of which they start a server
# of their own. Installed where they are missing, the machine is Debian and we are root.
set -eu
browser() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    return 1
}

missing=
browser || missing="chromium fonts-dejavu-core"
command -v java >/dev/null || missing="$missing default-jre-headless"
set -- /usr/lib/postgresql/*/bin/initdb
[ -x "$1" ] || command -v initdb >/dev/null || missing="$missing postgresql-15"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests: $missing…"
    # shellcheck disable=SC2086 # each word is a package
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "The tests need more; on Debian: sudo apt-get install $missing. Then run make test again." >&2
    exit 2
fi
