#!/usr/bin/env bash
# Uses the console in Debian's Chromium: each page, each action, the rules that keep other pages and
# other users out, an accessibility check of each page in light and dark, and the weight of the first
# page. Screenshots go to target/console/. It needs Python, npm and Chromium, and installs Playwright
# (PyPI) and axe-core (npm) into target/console-tools/.
#
# UPDATE_PICTURE=1 writes the README's picture, docs/console.png.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools="$PWD/target/console-tools"
if [ ! -e "$tools/complete" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet playwright==1.65.2
  mkdir -p "$tools/axe"
  (cd "$tools/axe" && npm pack --silent axe-core@4.14.1 >/dev/null && tar -xzf axe-core-4.14.1.tgz)
  touch "$tools/complete"
fi
cargo build --quiet --workspace --bin leadhook --locked
exec "$tools/bin/python" tests/console/console.py "$@"
