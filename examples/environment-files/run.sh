#!/bin/sh
# Runs a task whose variables lie in S3, with files of this folder in their place.
set -eu
here=$(dirname "$0")
drydock run --env-file "$here/shop.env" --env-file "$here/common.env" "$here/task-definition.json" 2>/dev/null
echo "--- without them"
drydock run "$here/task-definition.json" 2>&1 | grep -o 'ResourceInitializationError: failed to download env files' | head -n 1
