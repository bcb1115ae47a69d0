#!/usr/bin/env bash
# Fuzzes one target, or all of them, for so many seconds each: fuzz.sh SECONDS [TARGET...].
# What was reached before is kept in fuzz/corpus; a finding is left in fuzz/artifacts, and ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
shift

# Sanitizers are unstable flags, but a stable compiler has them: no nightly is needed.
export RUSTC_BOOTSTRAP=1

# The C codecs get the sanitizer too, and counters at their edges, which only clang makes as libFuzzer
# reads them: gcc has no inline-8bit-counters. rustc links all with the runtime that comes with it, and
# clang's own isn't needed: what the C builds link (probes of the compiler, tools that nobody runs)
# gets rustc's as well.
host=$(rustc -vV | sed -n 's/^host: //p')
runtime=$(echo "$(rustc --print sysroot)/lib/rustlib/$host"/lib/librustc-*_rt.asan.a)
# libaom marks its buffers for it, by a header that Debian's clang comes without and gcc with.
headers=$PWD/fuzz/target/headers
mkdir -p "$headers"
ln -sfn "$(gcc -print-file-name=include)/sanitizer" "$headers/sanitizer"
export CC=clang
export CFLAGS="-g1 -fno-omit-frame-pointer -fsanitize=address,fuzzer-no-link -isystem $headers"
export LDFLAGS="-fno-sanitize=all -Wl,--whole-archive $runtime -Wl,--no-whole-archive -lpthread -lrt -ldl -lm"

# By its own flags cargo-fuzz checks the arithmetic of every library; whose is checked says fuzz/Cargo.toml.
cargo fuzz build --release

# Memory isn't filled when it is given out, so that what is read of it differs. Assembly has no
# sanitizer: every other run libjpeg-turbo does without.
export ASAN_OPTIONS=max_malloc_fill_size=0
for target in ${*:-$(cargo fuzz list)}; do
    mkdir -p "fuzz/corpus/$target"
    places=("fuzz/corpus/$target")
    for place in "fuzz/seeds/$target" "fuzz/regressions/$target"; do
        [ ! -d "$place" ] || places+=("$place")
    done
    case $target in
    multipart | parameters | request) words=fuzz/words.dict ;;
    *) words=fuzz/formats.dict ;;
    esac
    for plain in 0 1; do
        echo "fuzz: $target, $((seconds / 2)) s, JSIMD_FORCENONE=$plain"
        JSIMD_FORCENONE=$plain cargo fuzz run --release "$target" "${places[@]}" -- -dict="$words" \
            -max_total_time="$(((seconds + 1) / 2))" -max_len=16384 -timeout=60 \
            -malloc_limit_mb=300 -rss_limit_mb=2048 -print_final_stats=1
    done
done
