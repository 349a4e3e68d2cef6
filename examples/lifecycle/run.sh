#!/bin/sh
# Runs five containers that need one another, until one of them is done.
set -eu
here=$(dirname "$0")
drydock run --rm "$here/task-definition.json" 2>&1 | grep -E '^[a-z]+ (\| |exited)'
