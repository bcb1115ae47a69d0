#!/usr/bin/env bash
# Installs Debian packages whose program of the same name is missing:
# as root by apt-get, else unpacked into .tools/root. With --aside always the latter: Debian would start a
# service that is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

aside=
[ "$1" != --aside ] || { aside=yes && shift; }

# The package of a program, where that has another name.
package_of() {
    case $1 in
    aarch64-linux-gnu-g++) echo g++-aarch64-linux-gnu ;;
    promtool) echo prometheus ;;
    systemd-analyze) echo systemd ;;
    *) echo "$1" ;;
    esac
}

# Services live where only root looks by default.
PATH=$PATH:/usr/sbin
missing=()
for tool in "$@"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -gt 0 ] || exit 0
echo "tools: installing ${missing[*]}"
mapfile -t packages < <(for tool in "${missing[@]}"; do package_of "$tool"; done | sort -u)

[ "$(id -u)" != 0 ] || apt-get update -qq
if [ "$(id -u)" = 0 ] && [ -z "$aside" ]; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
    exit 0
fi

# A package can be downloaded and unpacked without root, too, with the
# libraries it needs that aren't on the machine.
root=$PWD/.tools/root
mkdir -p "$root" .tools/deb
for package in $(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
    --no-breaks --no-replaces --no-enhances "${packages[@]}" | grep '^[a-z]' | sort -u); do
    dpkg -s "$package" >/dev/null 2>&1 && continue
    (cd .tools/deb && apt-get -o APT::Sandbox::User=root download -qq "$package")
done
for deb in .tools/deb/*.deb; do
    dpkg -x "$deb" "$root"
done
rm -r .tools/deb

# The programs find their data beside themselves, but not their libraries.
mkdir -p .tools/bin
for tool in "${missing[@]}"; do
    program=$(find "$root" -path "*bin/$tool" -print -quit)
    # A package may have none of its own name.
    [ -n "$program" ] || continue
    cat >".tools/bin/$tool" <<WRAPPER
#!/bin/sh
LD_LIBRARY_PATH=\$(echo "$root"/usr/lib/*-linux-gnu):\$LD_LIBRARY_PATH exec "$program" "\$@"
WRAPPER
    chmod +x ".tools/bin/$tool"
done
