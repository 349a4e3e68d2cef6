#!/bin/sh
# A task whose variables come from the local Secrets Manager, the local Parameter Store and a secrets file.
set -eu
here=$(dirname "$0")
endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:4590}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
trap 'drydock secrets rm examples/db >/dev/null; drydock params rm /examples/token >/dev/null 2>&1 || true' EXIT
# With the AWS CLI, as against AWS ...
aws --endpoint-url "$endpoint" secretsmanager create-secret --name examples/db \
  --secret-string '{"username": "shop", "password": "correct horse"}' >/dev/null
# ... or with drydock.
TOKEN=tok-1 drydock params set /examples/token --from-env TOKEN
drydock run --rm --secrets "$here/mail.env" "$here/task-definition.json" 2>/dev/null
echo "without the parameter:"
drydock params rm /examples/token
drydock run --rm --secrets "$here/mail.env" "$here/task-definition.json" 2>&1 >/dev/null |
  grep -o 'ResourceInitializationError.*invalid parameters: [^ ]*'
