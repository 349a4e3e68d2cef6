#!/bin/sh
# Makes a file system and an access point, and runs a task whose containers share it.
set -eu
here=$(dirname "$0")
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
efs() { aws --endpoint-url "${AWS_ENDPOINT_URL:-http://127.0.0.1:4590}" efs "$@" --output text; }
fs=$(efs create-file-system --creation-token "notes-$$" --query FileSystemId)
trap 'drydock volumes rm "$fs" >/dev/null' EXIT
point=$(efs create-access-point --file-system-id "$fs" --posix-user Uid=1000,Gid=1000 \
  --root-directory 'Path=/notes,CreationInfo={OwnerUid=1000,OwnerGid=1000,Permissions=0750}' --query AccessPointId)
sed "s/FILE_SYSTEM/$fs/; s/ACCESS_POINT/$point/" "$here/task-definition.json" | drydock run --rm - 2>/dev/null
echo "of the file system:"
drydock volumes inspect "$fs" | grep -o '"Uid": [0-9]*'
