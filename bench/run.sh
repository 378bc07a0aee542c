#!/usr/bin/env bash
# Measures leadhook and prints the tables of docs/performance.md. Needs Python and Node, and Valgrind
# for instructions. `bench/run.sh help` lists what it measures; without arguments it compares
# leadhook's function with others that take the same lead (bench/peers), as root also with the
# processor shares of small functions. BENCH_ALSO names the bootstrap of another build of
# integrabot-create-lead to compare with.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(tests/python-tools.sh)
peers="$PWD/target/bench"
if [ ! -e "$peers/complete" ]; then
  python3 -m venv "$peers/python"
  "$peers/python/bin/pip" install --quiet --requirement bench/peers/python/requirements.txt
  mkdir -p "$peers/node"
  cp bench/peers/node/* "$peers/node/"
  npm install --prefix "$peers/node" --silent --no-audit --no-fund
  touch "$peers/complete"
fi
cp bench/peers/node/*.mjs "$peers/node/"
(cd "$peers/node" && node_modules/.bin/esbuild app.mjs --bundle --minify --platform=node \
  --format=esm --target=node20 --outfile=bundle.mjs --log-level=error \
  --banner:js="import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);")
export PATH="$tools/bin:$PATH"
cargo lambda build --release --locked
# With the flags that cargo-lambda builds the functions with.
if [ "$(uname -m)" = x86_64 ]; then cpu=haswell; else cpu=neoverse-n1; fi
host=$(rustc -vV | sed -n 's/^host: //p')
build() {
  cargo build --release --locked --target "$host" \
    --config "build.rustflags=['-C', 'target-cpu=$cpu']" "$@"
}
build --package leadhook-floor --package leadhook-limit
build --package leadhook-bench --package leadhook --bin bench --bin leadhook
cp "target/$host/release/"{bench,floor,leadhook,limit} "$peers/"
"$peers/bench" "${@:-compare}"
