#!/usr/bin/env bash
# Deploys template.yaml, with the release artifacts of this processor, to an AWS engine (ministack,
# from PyPI) that enforces the policies of IAM, and tries the stack as senders and operators do. The
# arguments name the scripts of this folder to run: without any, `events` and `forwarding`.
#
# The engine listens on all addresses, so it runs in a network namespace of its own, in which
# 5.6.7.8 is the public address of a destination. This needs root on Linux, and Python; without
# them, the script prints the reason and ends with status 75.
set -euo pipefail
cd "$(dirname "$0")/../.."
space="leadhook-$$"
work=$(mktemp -d)
engine=''

clean_up() {
  { [ -n "$engine" ] && kill "$engine" && wait "$engine"; } 2>/dev/null || true
  ip netns delete "$space" 2>/dev/null || true
  rm -rf "$work" "/etc/netns/$space"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

unavailable() {
  echo "tests/stack/run.sh was skipped: $1"
  exit 75
}

[ "$(id -u)" = 0 ] || unavailable "only root can make a network namespace"
command -v ip >/dev/null || unavailable "there is no command ip"
{ ip netns add "$space" && ip netns exec "$space" true; } 2>"$work/ip.log" ||
  unavailable "$(cat "$work/ip.log")"
ip -n "$space" link set lo up
ip -n "$space" address add 5.6.7.8/32 dev lo
mkdir -p "/etc/netns/$space"
printf '127.0.0.1 localhost\n5.6.7.8 crm.example.com\n' >"/etc/netns/$space/hosts"
inside() {
  ip netns exec "$space" env --ignore-environment PATH="$PATH" HOME="$work" "${variables[@]}" "$@"
}

tools=$(tests/python-tools.sh)
ministack="$PWD/target/ministack"
if [ ! -e "$ministack/complete" ]; then
  python3 -m venv "$ministack"
  # It needs exactly one version of botocore, so it has its own environment. `sam deploy` needs its
  # translator of SAM for the bucket of the artifacts.
  "$ministack/bin/pip" install --quiet ministack==1.5.33 aws-sam-translator==1.112.0
  touch "$ministack/complete"
fi
PATH="$tools/bin:$PATH" cargo lambda build --release --locked
cargo build --workspace --bin leadhook --test stack --locked
stack_test=$(cargo test --workspace --test stack --locked --no-run --message-format json |
  sed -n 's/.*"executable":"\([^"]*\/stack-[^"]*\)".*/\1/p')

# Functions inherit the engine's variables. So they reach the engine, and trust the destination.
variables=(
  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
  AWS_DEFAULT_REGION=us-east-1 AWS_ENDPOINT_URL=http://127.0.0.1:4566 SAM_CLI_TELEMETRY=0
  SSL_CERT_FILE="$work/certificate.pem" LEADHOOK="$PWD/target/debug/leadhook" STACK_TEST="$stack_test"
  AUTH=true
)
"$tools/bin/python" tests/stack/crm.py "$work"
inside "$ministack/bin/ministack" >"$work/engine.log" 2>&1 &
engine=$!
until inside bash -c '</dev/tcp/127.0.0.1/4566' 2>/dev/null; do
  kill -0 "$engine" 2>/dev/null || { cat "$work/engine.log"; exit 1; }
  sleep 0.2
done

[ $# != 0 ] || set events forwarding
for script in "$@"; do
  inside "$tools/bin/python" "tests/stack/$script.py"
done
