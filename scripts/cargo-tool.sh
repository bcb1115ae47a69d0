#!/usr/bin/env bash
# Installs one of cargo's tools into .tools/ in the given version. One that is there already,
# or on the machine, is taken as it is, in whatever version.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$1 version=$2

command -v "$tool" >/dev/null && exit 0
echo "tools: building $tool $version, once"
# Tools run for seconds: optimising them would cost more than it saves.
CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0 \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_TARGET_DIR=.tools/target \
    cargo install --quiet --locked --root .tools --version "$version" "$tool"
rm -rf .tools/target
