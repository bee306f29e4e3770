#!/bin/sh
# A browser for the tests of the pages: Debian's chromium, installed where it is missing and we are root.
set -eu
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing chromium for the tests of the pages…"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
else
    echo "The tests of the pages need a browser; on Debian: sudo apt-get install chromium. Then run make test again." >&2
    exit 2
fi
