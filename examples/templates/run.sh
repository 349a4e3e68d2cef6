#!/bin/sh
# Task definitions out of a CloudFormation template, a CDK cloud assembly and a plan of Terraform, without any of these tools.
set -eu
cd "$(dirname "$0")"
export AWS_REGION=us-east-1
logs() { grep -E '^[a-z]+ \|'; }

echo "--- a template says what it lacks"
drydock run template.yaml --resource Job 2>&1 | sed 's/^drydock: //' || true
echo "--- the same with its parameter"
drydock run --rm template.yaml --resource Job --parameter Greeting=hello 2>&1 | logs
echo "--- a stack of the CDK"
drydock run --rm cdk.out 2>&1 | logs
echo "--- a plan of Terraform"
drydock convert plan.json | grep -E 'taskRoleArn|sizeInGiB'
drydock run --rm plan.json 2>&1 | logs
echo "--- the service of the template"
drydock up template.yaml --name templates-example --parameter Greeting=hello 2>/dev/null
drydock service ls --cluster templates | tr -s ' '
drydock down --name templates-example 2>/dev/null
drydock service ls --cluster default --quiet
