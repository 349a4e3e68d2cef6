#!/bin/sh
# A task whose lines go through a log router; shows what the router was told and what it got.
set -eu
here=$(dirname "$0")
archive=$(mktemp)
task=
trap 'set +e; rm -f "$archive"; [ -z "$task" ] || drydock rm "$task" >/dev/null 2>&1' EXIT
"$here/build.py" "$archive"
drydock load -q -i "$archive" >/dev/null
task=$(drydock run -d "$here/task-definition.json" 2>/dev/null)
drydock wait "$task" --for stopped >/dev/null 2>&1 || true
# The same in each run: ids stand for what differs.
drydock logs --no-prefix "$task" log_router |
  sed -e "s/$task-[0-9]*/TASK-ID/g" -e "s/$task/TASK/g" | sort
