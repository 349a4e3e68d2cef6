#!/bin/sh
# Runs a task whose logs go through the built-in router instead of the router's image, and prints what it routed.
set -eu
here=$(dirname "$0")
drydock run --rm --firelens builtin "$here/task-definition.json" 2>/dev/null | grep '^log_router | {' |
  sed -E 's/[0-9a-f]{32}-[0-9]+/CONTAINER-ID/; s/[0-9a-f]{32}/TASK-ID/; s/builtin-router:[0-9]+/builtin-router:N/'
