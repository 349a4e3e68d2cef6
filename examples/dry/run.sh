#!/bin/sh
# A daemon without containers, root and images: a job that fails, a service whose task dies, and an image that cannot be pulled.
set -eu
here=$(dirname "$0")
folder=$(mktemp -d)
drydock daemon start --dry --root "$folder/root" --run "$folder/run" --listen 127.0.0.1:0 2>/dev/null
export DRYDOCK_HOST="unix://$folder/run/drydock.sock"
trap 'drydock daemon stop --stop-tasks; rm -rf "$folder"' EXIT
endpoint=$(drydock daemon status --json | sed -n 's/.*"tcpAddress": *"\([^"]*\)".*/http:\/\/\1/p')
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
ecs() { aws --endpoint-url "$endpoint" --output text ecs "$@"; }
network='awsvpcConfiguration={subnets=[subnet-1]}'

ecs create-cluster --cluster-name demo >/dev/null
ecs register-task-definition --cli-input-json "file://$here/job.json" >/dev/null
ecs register-task-definition --cli-input-json "file://$here/web.json" >/dev/null

# Its label says that it ends by itself after 200 ms; the run says with which code.
job=$(ecs run-task --cluster demo --launch-type FARGATE --task-definition job --network-configuration "$network" \
  --overrides '{"containerOverrides": [{"name": "job", "environment": [{"name": "DRYDOCK_DRY_EXIT_CODE", "value": "3"}]}]}' \
  --query 'tasks[0].taskArn')
ecs wait tasks-stopped --cluster demo --tasks "$job"
echo "job: $(ecs describe-tasks --cluster demo --tasks "$job" --query 'tasks[0].[lastStatus,containers[0].exitCode]' | tr '\t' ' ')"

ecs create-service --cluster demo --service-name web --task-definition web --desired-count 1 --launch-type FARGATE \
  --network-configuration "$network" >/dev/null
ecs wait services-stable --cluster demo --services web
first=$(ecs list-tasks --cluster demo --service-name web --query 'taskArns[0]')
echo "web: $(ecs describe-tasks --cluster demo --tasks "$first" --query 'tasks[0].[lastStatus,healthStatus]' | tr '\t' ' ')"

# Its container runs out of memory, and the service starts another task.
curl -sf -X POST "$endpoint/_drydock/dry/tasks/${first##*/}/stop" \
  -d '{"container": "web", "exitCode": 137, "outOfMemory": true}' >/dev/null
ecs wait tasks-stopped --cluster demo --tasks "$first"
echo "web: $(ecs describe-tasks --cluster demo --tasks "$first" --query 'tasks[0].containers[0].[exitCode,reason]' | tr '\t' ' ')"
until second=$(ecs list-tasks --cluster demo --service-name web --query 'taskArns[0]') && [ "$second" != None ]; do sleep 1; done
[ "$second" != "$first" ] && echo "web: replaced"

curl -sf -X POST "$endpoint/_drydock/dry/images" -d '{"image": "shop/job:1", "error": "CannotPullContainerError: pull access denied"}' >/dev/null
job=$(ecs run-task --cluster demo --launch-type FARGATE --task-definition job --network-configuration "$network" --query 'tasks[0].taskArn')
ecs wait tasks-stopped --cluster demo --tasks "$job"
echo "job: $(ecs describe-tasks --cluster demo --tasks "$job" --query 'tasks[0].[stopCode,stoppedReason]' | tr '\t' ' ')"
