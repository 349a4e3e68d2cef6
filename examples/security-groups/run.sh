#!/bin/sh
# Two servers and two tasks that ask them, each in a security group of drydock.json.
set -eu
here=$(dirname "$0")
web=$(drydock run -d --security-group sg-web "$here/web.json" 2>/dev/null)
db=$(drydock run -d --security-group sg-db "$here/db.json" 2>/dev/null)
leave() {
  drydock stop --now "$web" "$db" >/dev/null 2>&1 || true
  for task in "$web" "$db"; do drydock wait "$task" --for stopped >/dev/null 2>&1 || true; done
  drydock rm "$web" "$db" >/dev/null 2>&1 || true
}
trap leave EXIT
for task in "$web" "$db"; do drydock wait "$task" --for running >/dev/null; done
for group in sg-job sg-web; do
  echo "in $group:"
  drydock run --rm --security-group $group "$here/ask.json" 2>/dev/null
done
