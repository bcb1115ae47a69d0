#!/usr/bin/env bash
# Makes a Python environment with pip: venv.sh FOLDER. Python is installed where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/tools.sh python3
# Debian's python3 makes no environment with pip without python3-venv.
python3 -c 'import ensurepip' 2>/dev/null || scripts/tools.sh python3-venv
python3 -m venv "$1"
