#!/usr/bin/env bash
# Lints template.yaml with AWS's own linters, from PyPI. That it fits the code is tested by
# tests/integration/template.rs.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$(tests/python-tools.sh)
export SAM_CLI_TELEMETRY=0
"$tools/bin/sam" validate
"$tools/bin/cfn-lint" template.yaml
