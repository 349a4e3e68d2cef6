#!/bin/sh
# Starts a task and looks into its container.
set -eu
here=$(dirname "$0")
task=$(drydock run -d "$here/task-definition.json" 2>/dev/null)
trap 'set +e; drydock stop --now "$task" >/dev/null 2>&1; drydock wait "$task" >/dev/null 2>&1; drydock rm "$task" >/dev/null 2>&1' EXIT
drydock wait "$task" --for running >/dev/null
drydock exec "$task" -- sh -c 'echo "user $(id -u) in $(pwd), $COLOUR, $AWS_EXECUTION_ENV"'
drydock exec -u root -w / -e COLOUR=red "$task" -- sh -c 'echo "user $(id -u) in $(pwd), $COLOUR"'
echo "through a pipe" | drydock exec -i "$task" -- tr a-z A-Z
drydock exec "$task" -- sh -c 'exit 3' || echo "ended with $?"
drydock exec "$task" -- no-such-program 2>/dev/null || echo "ended with $?"
