#!/usr/bin/env bash
# Runs the integration tests and the tests of the operator's commands on Amazon's DynamoDB Local, and
# compares the table of the simulation with it.
# Needs Java 17 and Maven.
set -euo pipefail
cd "$(dirname "$0")/../.."
jars="$PWD/target/dynamodb-local"
port="${PORT:-8124}"

mvn -q -B -f tests/dynamodb-local/pom.xml dependency:copy-dependencies -DoutputDirectory="$jars"
# DynamoDB Local writes a file into the folder where it is started.
cd "$jars"
java -Djava.library.path="$jars" -cp "$jars/*" \
  com.amazonaws.services.dynamodbv2.local.main.ServerRunner -inMemory -port "$port" >"$jars/log" 2>&1 &
trap 'kill $!' EXIT
cd - >/dev/null
for _ in $(seq 100); do
  (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  sleep 0.1
done
export TEST_DYNAMODB_ENDPOINT="http://127.0.0.1:$port"
cargo test --workspace --test integration --locked
cargo test --workspace --test differential --locked
cargo test --workspace --test leadhook --locked -- operator
