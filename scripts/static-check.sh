#!/usr/bin/env bash
# Proves that the binary is static, small, and starts in an empty file system.
set -euo pipefail
binary=$1
limit=25000000

size=$(stat -c %s "$binary")
[ -n "${FEATURES:-}" ] || [ "$size" -le "$limit" ] || { echo "static-check: $size bytes, more than $limit"; exit 1; }
if readelf -ld "$binary" | grep -E 'INTERP|NEEDED'; then
    echo "static-check: the binary asks for a loader or a library"
    exit 1
fi

root=$(mktemp -d)
server=
# Whatever goes wrong, neither the folder nor the server stays.
trap '[ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true; rm -rf "$root"' EXIT
cp "$binary" "$root/pixmill"
if [ "$(id -u)" = 0 ]; then
    enter=(chroot "$root")
elif unshare -r true 2>/dev/null; then
    enter=(unshare -r chroot "$root")
else
    echo "static-check: $size bytes, static; the start in an empty root was skipped, chroot isn't allowed here"
    exit 0
fi
# The port is a free one, which the server's first line tells. What runs beside makes its own files when it gets to run,
# which on a busy machine is after they are read for the first time.
: >"$root/started"
"${enter[@]}" /pixmill --host 127.0.0.1 --port 0 --log error >"$root/started" &
server=$!
port=
for _ in $(seq 50); do
    port=$(sed -n 's|.*http://127\.0\.0\.1:\([0-9]*\) .*|\1|p' "$root/started")
    [ -n "$port" ] && "${enter[@]}" /pixmill healthcheck --port "$port" 2>/dev/null && break
    sleep 0.1
done
[ -n "$port" ] || { echo "static-check: the server didn't start"; exit 1; }
"${enter[@]}" /pixmill healthcheck --port "$port"
# What isn't built in is said.
if [ -z "${FEATURES:-}" ]; then
    printf '%%PDF-1.7' | { "${enter[@]}" /pixmill info - 2>&1 || true; } | grep -q 'without a reader' ||
        { echo "static-check: a document isn't refused"; exit 1; }
fi
kill -TERM "$server"
wait "$server"
server=
echo "static-check: $size bytes, static, starts in an empty root and ends clean"
