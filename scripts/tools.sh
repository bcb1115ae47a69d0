#!/usr/bin/env bash
# Installs Debian packages whose program of the same name is missing:
# as root by apt-get, else unpacked into .tools/root.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for tool in "$@"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -gt 0 ] || exit 0
echo "tools: installing ${missing[*]}"

if [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    exit 0
fi

# Without root a package can still be downloaded and unpacked, with the
# libraries it needs that aren't on the machine.
root=$PWD/.tools/root
mkdir -p "$root" .tools/deb
for package in $(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
    --no-breaks --no-replaces --no-enhances "${missing[@]}" | grep '^[a-z]' | sort -u); do
    dpkg -s "$package" >/dev/null 2>&1 && continue
    (cd .tools/deb && apt-get download -qq "$package")
done
for deb in .tools/deb/*.deb; do
    dpkg -x "$deb" "$root"
done
rm -r .tools/deb

# The programs find their data beside themselves, but not their libraries.
mkdir -p .tools/bin
for tool in "${missing[@]}"; do
    cat >".tools/bin/$tool" <<WRAPPER
#!/bin/sh
LD_LIBRARY_PATH=\$(echo "$root"/usr/lib/*-linux-gnu):\$LD_LIBRARY_PATH exec "$root/usr/bin/$tool" "\$@"
WRAPPER
    chmod +x ".tools/bin/$tool"
done
