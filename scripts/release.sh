#!/usr/bin/env bash
# Makes what is handed out of the commit that is checked out: release.sh [TARGET ...]. For each target the binary is built
# twice, in two places, and both have to be the same to the last byte; what it is made of is written into it, and beside it as a
# CycloneDX document. A target whose compiler can't be had here is left out, and said so.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

if [ -n "$(git status --porcelain)" ]; then
    echo "release: there are changes that no commit has"
    exit 1
fi
commit=$(git rev-parse HEAD)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# A version is what its tag is on; anything else says which commit it is.
if [ "$(git rev-parse -q --verify "v$version^{commit}")" != "$commit" ]; then
    version=$version-${commit:0:12}
fi

scripts/tools.sh python3
scripts/cargo-tool.sh cargo-auditable 0.7.7
scripts/cargo-tool.sh cargo-cyclonedx 0.5.9

# Neither when nor where it was built is in it.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH BUILD_COMMIT=$commit
cargo_home=${CARGO_HOME:-$HOME/.cargo}
out=$root/target/release-$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir -p "$out"

# Whether there is a compiler and a standard library for that target.
can_build() {
    case $1 in
    x86_64-unknown-linux-gnu) [ "$(uname -m)" = x86_64 ] ;;
    aarch64-unknown-linux-gnu)
        [ "$(uname -m)" = aarch64 ] && return
        scripts/tools.sh aarch64-linux-gnu-g++ || return
        export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
        [ -d "$(rustc --print sysroot)/lib/rustlib/$1" ] || rustup target add "$1"
        ;;
    *) return 1 ;;
    esac
}

# Leaves the stripped binary at $2/pixmill.
build() {
    local target=$1 place=$2
    mkdir -p "$place"
    git archive "$commit" | tar -x -C "$place"
    local map="-ffile-prefix-map=$place=/pixmill -ffile-prefix-map=$cargo_home=/cargo"
    (
        cd "$place"
        export CFLAGS=$map CXXFLAGS=$map CARGO_TARGET_DIR=$place/target
        # A file that .cargo/config.toml names for all targets keeps cmake from being told of another compiler.
        [ "$(uname -m)" = "${target%%-*}" ] \
            || export "CMAKE_TOOLCHAIN_FILE_${target//-/_}=$place/scripts/codecs-${target%%-*}.cmake"
        cargo auditable build --locked --profile dist --target "$target" --config \
            "target.$target.rustflags = ['--remap-path-prefix=$place=/pixmill', '--remap-path-prefix=$cargo_home=/cargo']"
    )
    local strip=strip
    command -v "${target%%-*}-linux-gnu-strip" >/dev/null && strip=${target%%-*}-linux-gnu-strip
    "$strip" --strip-all -o "$place/pixmill" "$place/target/$target/dist/pixmill"
}

# The binary, and what goes with it, as one file that is the same whoever packs it.
pack() {
    local target=$1 binary=$2 name=pixmill-$version-$1
    mkdir -p "$work/$name"
    cp "$binary" "$work/$name/pixmill"
    git archive "$commit" README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE config deploy/systemd 2>/dev/null \
        | tar -x -C "$work/$name"
    python3 scripts/release/notices.py "$target" >"$work/$name/THIRD-PARTY.txt"
    tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -c "$name" \
        | gzip -n9 >"$out/$name.tar.gz"
    cargo cyclonedx --quiet --format json --target "$target" --override-filename "$name.cdx"
    mv "$name.cdx.json" "$out/"
    # Of whatever else is in the manifest's workspace there is nothing to say.
    find . -name "$name.cdx.json" -not -path './target/*' -delete
}

for target in "${@:-x86_64-unknown-linux-gnu}"; do
    if ! can_build "$target"; then
        echo "release: $target is left out: what it takes can't be had here"
        continue
    fi
    build "$target" "$work/one"
    build "$target" "$work/another/place"
    cmp "$work/one/pixmill" "$work/another/place/pixmill" \
        || { echo "release: two builds for $target differ"; exit 1; }
    python3 scripts/release/audited.py "$work/one/pixmill"
    [ "$(uname -m)" != "${target%%-*}" ] || scripts/static-check.sh "$work/one/pixmill"
    pack "$target" "$work/one/pixmill"
    rm -rf "$work/one" "$work/another"
done
cd "$out"
# Which there are is settled before there is one more.
made=(*)
[ -e "${made[0]}" ] || { echo "release: nothing was made"; exit 1; }
sha256sum -- "${made[@]}" | tee SHA256SUMS
