#!/bin/sh
# What the tests need from the system: a browser, Java for the HTML checker, and PostgreSQL, of which they start a server
# of their own. What lets more of them run: nginx, to stand before the server; Prometheus' promtool, for the alert rules;
# and each command that is named as an argument, from the package of its name. What makes them quicker: chromium without
# its windows. Installed where they are missing, the machine is Debian and we are root.
set -eu
PATH=$PATH:/usr/sbin
has() {
    for name; do
        command -v "$name" >/dev/null && return
    done
    return 1
}

needed= useful=
if ! has chromium-headless-shell; then
    if has chromium chromium-browser google-chrome; then
        useful=chromium-headless-shell
    else
        needed="chromium-headless-shell fonts-dejavu-core"
    fi
fi
has java || needed="$needed default-jre-headless"
has initdb /usr/lib/postgresql/*/bin/initdb || needed="$needed postgresql-15"
has nginx || useful="$useful nginx-light"
has promtool || useful="$useful prometheus"
for command; do
    has "$command" || useful="$useful $command"
done
[ -z "$needed$useful" ] && exit 0
if [ "$(id -u)" = 0 ] && has apt-get; then
    echo "Installing for the tests: $needed $useful…"
    install() {
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    }
    apt-get update -qq
    # shellcheck disable=SC2086 # each word is a package
    { [ -z "$needed" ] || install $needed; } && { [ -z "$useful" ] || install $useful; }
elif [ -n "$needed" ]; then
    echo "The tests need more; on Debian: sudo apt-get install $needed. Then run make test again." >&2
    exit 2
else
    echo "Some tests are skipped or take longer; to run them all on Debian: sudo apt-get install $useful." >&2
fi
