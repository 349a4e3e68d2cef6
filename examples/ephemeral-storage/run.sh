#!/bin/sh
# Runs a task in 64 MiB of ephemeral storage, which its first container fills.
set -eu
drydock run --rm --ephemeral-storage 64MiB "$(dirname "$0")/task-definition.json" 2>/dev/null
