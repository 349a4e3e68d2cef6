#!/bin/sh
# Starts one task, and another that finds it by name.
set -eu
here=$(dirname "$0")
web=$(drydock run -d "$here/web.json" 2>/dev/null)
trap 'drydock stop "$web" >/dev/null 2>&1; drydock wait "$web" --for stopped >/dev/null 2>&1; drydock rm "$web" >/dev/null 2>&1' EXIT
drydock wait "$web" --for running >/dev/null
drydock run --rm "$here/caller.json" 2>/dev/null
