#!/usr/bin/env bash
# Drives the page at / in Chromium, by the tests in tests/page: scripts/page-test.sh PIXMILL [FOLDER]
# With a folder, pictures of the page are written there. PHOTO may name a photograph; PIXMILL_CORPUS has one, too.
set -euo pipefail
cd "$(dirname "$0")/.."
PIXMILL=$(realpath "$1") SCREENSHOTS=${2:+$(realpath -m "$2")}
export PIXMILL SCREENSHOTS

# What drives it comes from npm, in the versions and by the digests of package-lock.json.
export PAGE_TOOLS=$PWD/.tools/page
mkdir -p "$PAGE_TOOLS"
if ! cmp -s tests/page/package-lock.json "$PAGE_TOOLS/installed"; then
    echo "tools: installing what drives Chromium"
    cp tests/page/package.json tests/page/package-lock.json "$PAGE_TOOLS"
    npm ci --prefix "$PAGE_TOOLS" --no-audit --no-fund --silent
    cp tests/page/package-lock.json "$PAGE_TOOLS/installed"
fi
# Where it was unpacked without root, its script looks for it in /usr.
CHROMIUM=.tools/root/usr/lib/chromium/chromium
if [ -x "$CHROMIUM" ]; then
    LD_LIBRARY_PATH=$(echo "$PWD"/.tools/root/usr/lib/*-linux-gnu):${LD_LIBRARY_PATH-}
    export LD_LIBRARY_PATH
else
    CHROMIUM=$(command -v chromium)
fi
export CHROMIUM
exec node --test --test-concurrency=1 tests/page/*.test.mjs
