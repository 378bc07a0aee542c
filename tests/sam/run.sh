#!/usr/bin/env bash
# Sends every sample event through `sam local invoke`, and a delivery to every route through
# `sam local start-api`. The table is that of a `leadhook serve` that the script starts. With the
# argument `sample`, it sends only some of the events. Needs Python and an x86_64 processor.
#
# If no Docker engine answers, the script starts Debian's until it ends; this needs root. If that
# fails, it prints the reason and ends with status 75. If the base image cannot be pulled, the
# script makes one from the files of this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
base_image=public.ecr.aws/lambda/provided:al2023-x86_64
sam_image=public.ecr.aws/lambda/provided:al2023-rapid-x86_64
work=$(mktemp -d)
leadhook="$PWD/target/debug/leadhook"
engine='' server='' step='' made_image='' made_bridge=''

# Each process is started in its own process group, so that it can be ended with its children.
set -m
stop() {
  { [ -n "$1" ] && kill -- "-$1" && wait "$1"; } 2>/dev/null || true
}

clean_up() {
  stop "$step"
  stop "$server"
  [ -z "$made_image" ] || docker image rm --force "$base_image" "$sam_image" >/dev/null 2>&1 || true
  stop "$engine"
  [ -z "$made_bridge" ] || ip link delete docker0 2>/dev/null || true
  rm -rf "$work" || true
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Runs a command in the background, so that a signal ends the script at once.
run() {
  "$@" &
  step=$!
  wait "$step"
  step=''
}

unavailable() {
  echo "tests/sam/run.sh was skipped: $1"
  exit 75
}

install_engine() {
  command -v dockerd >/dev/null && return
  command -v apt-get >/dev/null || return
  { apt-get update && apt-get install --yes --no-install-recommends docker.io; } || return
  # In later Debians the client is a separate package.
  command -v docker >/dev/null || apt-get install --yes --no-install-recommends docker-cli
}

start_engine() {
  [ "$(id -u)" = 0 ] || unavailable "no Docker engine answers, and only root can start one"
  install_engine >"$work/install.log" 2>&1 || unavailable "Debian's docker.io cannot be installed"
  command -v dockerd >/dev/null || unavailable "no Docker engine answers, and none can be installed"
  [ -e /sys/class/net/docker0 ] || made_bridge=yes
  export DOCKER_HOST="unix://$work/docker.sock"
  # Containers need to reach only this machine, so Docker does not change the firewall.
  dockerd --host "$DOCKER_HOST" --pidfile "$work/docker.pid" --data-root "$work/docker" \
    --exec-root "$work/docker-run" --iptables=false --ip-forward=false >"$work/docker.log" 2>&1 &
  engine=$!
  for _ in $(seq 150); do
    docker version >/dev/null 2>&1 && return
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.2
  done
  unavailable "Docker's engine does not start: $(tail -n 1 "$work/docker.log")"
}

# Makes a base image with the programs that sam runs in it, and with all libraries that these
# programs and the functions need.
make_base_image() {
  local programs=(/bin/sh /bin/mv /bin/chmod) libraries
  libraries=$(ldd "${programs[@]}" target/lambda/*/bootstrap | grep -o '\s/[^ ]*' | sort -u)
  made_image=yes
  # shellcheck disable=SC2086
  tar --create --dereference --hard-dereference --absolute-names "${programs[@]}" $libraries |
    docker import - "$base_image" >/dev/null
}

# Prints the address by which containers reach this machine. If no interface of this machine has
# that address, as with Docker Desktop, it is the loopback address.
host_address() {
  # shellcheck disable=SC2016
  local find='while read -r a n; do [ "$n" = host.docker.internal ] && echo "$a"; done </etc/hosts'
  local address
  address=$(docker run --rm --add-host host.docker.internal:host-gateway --entrypoint /bin/sh \
    "$base_image" -c "$find" || true)
  { [ -n "$address" ] && free_port "$address"; } >/dev/null 2>&1 || address=127.0.0.1
  echo "$address"
}

free_port() {
  python -c 'import socket, sys; print(socket.create_server((sys.argv[1], 0)).getsockname()[1])' "$1"
}

tools=$(tests/python-tools.sh)
export PATH="$tools/bin:$PATH" SAM_CLI_TELEMETRY=0
docker version >/dev/null 2>&1 || start_engine
run cargo lambda build --release --locked --x86-64
run cargo build --workspace --bin leadhook --locked
docker image inspect "$base_image" >/dev/null 2>&1 ||
  docker pull "$base_image" >"$work/pull.log" 2>&1 || make_base_image

# The caller's variables must not count; `leadhook env` prints the server's.
unset AWS_ENDPOINT_URL_DYNAMODB AWS_PROFILE AWS_SESSION_TOKEN KEYSPOT_SIGNING_KEY TABLE_NAME
address=$(host_address)
port=$(free_port "$address")
cd "$work"
"$leadhook" serve --port 0 --table-address "$address:$port" >serve.log 2>&1 &
server=$!
until grep -q '^try ' serve.log; do
  kill -0 "$server" 2>/dev/null || { cat serve.log; exit 1; }
  sleep 0.1
done
variables=$("$leadhook" env)
eval "$variables"
cd - >/dev/null

[ "${1-}" != sample ] || export TEST_SAM_SAMPLE=yes
export TEST_SAM="$tools/bin/sam" TEST_SAM_ENDPOINT="http://host.docker.internal:$port"
run cargo test --workspace --test sam --locked -- --nocapture --test-threads 1
