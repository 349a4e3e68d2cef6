#!/bin/sh
# Starts two linked containers on the bridge, and shows what one sees of the other and where it is published.
set -eu
here=$(dirname "$0")
task=$(drydock run -d "$here/task-definition.json" 2>/dev/null)
trap 'drydock stop "$task" >/dev/null 2>&1; drydock wait "$task" --for stopped >/dev/null 2>&1; drydock rm "$task" >/dev/null 2>&1' EXIT
drydock wait "$task" --for healthy >/dev/null
drydock logs "$task" | grep '^front' | head -5
drydock ps | awk '/ front / { print "front is at " $7 }'
