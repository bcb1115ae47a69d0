#!/usr/bin/env bash
# Holds a running server to its own description: the document is a proper OpenAPI 3.1 one, and whatever schemathesis
# makes of it, for and against what it says, is answered as it says: schema.sh BINARY [SECONDS for each configuration]
set -euo pipefail
pixmill=$(realpath "$1")
limit=${2:-120}
cd "$(dirname "$0")/.."

scripts=$PWD/scripts
venv=$PWD/.tools/schemathesis
if [ ! -x "$venv/bin/schemathesis" ]; then
    echo "schema: installing schemathesis into .tools"
    scripts/venv.sh "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check \
        schemathesis==4.32.5 openapi-spec-validator==0.9.0
fi

work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -r "$work"
}
trap finish EXIT

mkdir "$work/pictures"
python3 scripts/schema_hooks.py "$work/pictures"
excluded=()
# Large answers would take most of the time.
small=('max_output_side = 300' 'max_output_pixels = 60_000')

# Ends with the document at $work/document.json, and a server that is ready.
serve() {
    printf '%s\n' 'host = "127.0.0.1"' 'port = 0' 'log = "error"' "${small[@]}" "$@" >"$work/pixmill.toml"
    : >"$work/out" # It is read below, perhaps before the server gets to run.
    "$pixmill" --config "$work/pixmill.toml" >"$work/out" 2>"$work/log" &
    server=$!
    for _ in $(seq 300); do
        url=$(sed -n 's/.*\(http:[^ ]*\) - .*/\1/p' "$work/out")
        [ -z "$url" ] || ! python3 scripts/schema_hooks.py --fetch "$url" "$work/document.json" "$key" || return 0
        sleep 0.1
    done
    echo "schema: the server isn't ready" >&2
    cat "$work/log" >&2
    return 1
}

# A name, the key that is wanted if any, and lines of the configuration.
check() {
    echo "schema: $1"
    key=$2
    shift 2
    serve "$@"
    "$venv/bin/openapi-spec-validator" --schema 3.1 "$work/document.json"
    header=()
    [ -z "$key" ] || header=(-H "API-Key: $key")
    # It leaves what it has found out beside where it runs.
    (cd "$work" && SCHEMATHESIS_HOOKS=schema_hooks PYTHONPATH=$scripts "$venv/bin/schemathesis" \
        --config-file "$scripts/schema.toml" run "$work/document.json" --url "$url" "${header[@]}" \
        --max-time "$limit" --request-timeout 30 --seed 20261127 "${excluded[@]}")
    kill "$server"
    wait "$server" || true
    server=
}

check "as it comes" ""
check "with all there is" k "mount = \"$work/pictures\"" 'api_keys = ["k"]' 'path_prefix = "/api"' \
    'presets = ["small=resize?width=20", "marked=watermarkimage?opacity=0.5"]' 'max_per_client = 64'
# What that doesn't understand it leaves out, and its statuses are its own.
excluded=(--exclude-checks "positive_data_acceptance,negative_data_rejection")
check "for imaginary's clients" "" 'compat = "imaginary"' "mount = \"$work/pictures\""
