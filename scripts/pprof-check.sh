#!/usr/bin/env bash
# Has Go's pprof fetch a profile from a server under load, and looks for what has to be in it: our functions, those of a
# codec in C, and where threads begin; no request may fail meanwhile. The binary has its symbols beside it, as `make build` leaves both.
set -euo pipefail
binary=$1
cd "$(dirname "$0")/.."

find_pprof() {
    # One of the two places may not be there.
    { find /usr/lib/go*/pkg/tool .tools/root/usr/lib/go*/pkg/tool -name pprof 2>/dev/null || true; } | head -n 1
}
[ -n "$(find_pprof)" ] || scripts/tools.sh golang-go
pprof=$(find_pprof)
[ -n "$pprof" ] || { echo "pprof-check: no pprof can be had here"; exit 1; }

folder=$(mktemp -d)
server= loads=()
# Whatever goes wrong, neither the folder nor a process stays.
trap 'kill "${loads[@]}" $server 2>/dev/null || true; rm -rf "$folder"' EXIT
export PPROF_TMPDIR=$folder/pprof

"$binary" --host 127.0.0.1 --port 0 --admin-address 127.0.0.1:0 --log error >"$folder/started" &
server=$!
for _ in $(seq 100); do
    [ -s "$folder/started" ] && break
    sleep 0.1
done
front=$(sed -n 's|^pixmill serves on \(http://[^ ]*\) .*|\1|p' "$folder/started")
admin=$(sed -n 's|.* - for operators: curl \(http://[^ ]*\)/$|\1|p' "$folder/started")
[ -n "$front" ] && [ -n "$admin" ] || { echo "pprof-check: the server didn't start"; exit 1; }

for load in 1 2; do
    while curl -sSf --max-time 60 --data-binary @tests/fixtures/drawing.png -o /dev/null "$front/enlarge?width=1200&height=1200&type=webp"
    do echo >>"$folder/answered.$load"; done &
    loads+=($!)
done
"$pprof" -top -nodecount=1000000 -nodefraction=0 "$admin/debug/pprof/profile?seconds=5" >"$folder/top" 2>"$folder/errors" \
    || { cat "$folder/errors"; exit 1; }
# Who still asks has been answered each time.
for load in "${loads[@]}"; do
    kill -0 "$load" || { echo "pprof-check: a request failed while the profile was made"; exit 1; }
done

for name in pixmill::pipeline pixmill::service VP8 start_thread; do
    grep -q "$name" "$folder/top" || { echo "pprof-check: there is no $name in"; head -n 40 "$folder/top"; exit 1; }
done
answered=$(cat "$folder"/answered.* | wc -l)
[ "$answered" -gt 0 ] || { echo "pprof-check: nothing was answered"; exit 1; }
sed -n 's/^Duration: /pprof-check: /p' "$folder/top"
echo "pprof-check: $(grep -c pixmill:: "$folder/top") functions of ours by name, $answered pictures made meanwhile"
