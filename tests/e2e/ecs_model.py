"""The ECS API's own model, as botocore ships it: what replies must look like, and requests that it says are wrong."""
import datetime
import json
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session

from harness import SLOW

# Members and values that this model may lack: reference/api.md, the sections named, has them from a newer one.
NEWER_MEMBERS = {
    "CapacityProvider": {"type", "cluster"},  # 4.3
    "AutoScalingGroupProvider": {"managedDraining"},  # 4.3
    "ClusterConfiguration": {"managedStorageConfiguration"},  # 3.2
    "ContainerDefinition": {"credentialSpecs", "restartPolicy", "versionConsistency"},  # appendix B
    "Deployment": {"fargateEphemeralStorage", "volumeConfigurations", "vpcLatticeConfigurations"},  # 4.1
    "DeploymentConfiguration": {"alarms", "bakeTimeInMinutes", "canaryConfiguration", "lifecycleHooks",
                                "linearConfiguration", "strategy"},  # 4.1
    "LoadBalancer": {"advancedConfiguration"},  # 4.1
    "NetworkBinding": {"containerPortRange", "hostPortRange"},  # 3.4
    "PortMapping": {"containerPortRange"},  # appendix B
    "Service": {"availabilityZoneRebalancing", "currentServiceDeployment", "currentServiceRevisions",
                "resourceManagementType"},  # 4.1
    "ServiceConnectConfiguration": {"accessLogConfiguration"},  # 5.8
    "ServiceConnectService": {"timeout", "tls"},  # 5.8
    "Setting": {"type"},  # 4.4
    "Task": {"fargateEphemeralStorage"},  # 3.4
    "TaskDefinition": {"deleteRequestedAt", "enableFaultInjection"},  # 3.1
    "TaskSet": {"fargateEphemeralStorage"},  # 4.2
    "Volume": {"configuredAtLaunch", "s3filesVolumeConfiguration"},  # 3.3
}
NEWER_VALUES = {"DELETE_IN_PROGRESS", "MANAGED_INSTANCES", "fargateTaskRetirementWaitPeriod", "guardDutyActivate", "defaultLogDriverMode",
                "fargateFIPSMode", "tagResourceAuthorization", "fargateEventWindows"}
# Codes of every AWS JSON service, which no model lists (1.3).
COMMON_CODES = {"UnknownOperationException", "SerializationException", "AccessDeniedException", "UnsupportedFeatureException",
                "ServerException", "ClientException", "InvalidParameterException"}
NEWER_CODES = {"ConflictException", "ServiceDeploymentNotFoundException", "DaemonNotFoundException"}
# Structures of managed instances, which reference/api.md leaves out: kept as they are given.
KEPT_AS_GIVEN = {"CreateManagedInstancesProviderConfiguration", "UpdateManagedInstancesProviderConfiguration"}
EARLIEST = datetime.datetime(2015, 1, 1).timestamp()


class Model:
    def __init__(self):
        self.session = botocore.session.get_session()
        self.service = self.session.get_service_model("ecs")
        self.operations = set(self.service.operation_names)
        self.codes = COMMON_CODES | NEWER_CODES | {shape.name for shape in self.service.error_shapes}

    def paginators(self):
        return self.session.get_component("data_loader").load_service_model("ecs", "paginators-1")["pagination"]

    def problems(self, operation, reply):
        """What is wrong with a successful reply."""
        if operation not in self.operations:
            return list(plain(reply, operation))
        shape = self.service.operation_model(operation).output_shape
        return list(walk(shape, reply, operation)) if shape else ([f"{operation}: has members"] if reply else [])

    def error_problems(self, operation, status, reply):
        """What is wrong with an error."""
        if status != 400:
            yield f"{operation}: {status}, not 400"
        if reply.get("__type") not in self.codes:
            yield f"{operation}: {reply.get('__type')!r} is no error of the API"
        if not isinstance(reply.get("message"), str) or not reply["message"]:
            yield f"{operation}: {reply} has no message"
        if set(reply) - {"__type", "message", "resourceIds"}:
            yield f"{operation}: {sorted(reply)}"

    def wrong_inputs(self, operation):
        """Requests of which one member has a type that the model does not allow, at every depth."""
        shape = self.service.operation_model(operation).input_shape
        for path, value in wrong_values(shape, set()):
            yield path, value


def walk(shape, value, path):
    kind = shape.type_name
    expected = {"structure": dict, "map": dict, "list": list, "string": str, "integer": int, "long": int, "boolean": bool,
                "double": (int, float), "float": (int, float), "timestamp": (int, float)}[kind]
    if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{path}: {json.dumps(value)[:80]} is no {kind}"
    elif kind == "structure":
        for name, one in value.items():
            if name in shape.members:
                yield from walk(shape.members[name], one, f"{path}.{name}")
            elif name in NEWER_MEMBERS.get(shape.name, ()):
                yield from plain(one, f"{path}.{name}")
            else:
                yield f"{path}.{name}: {shape.name} has no such member"
        for name in shape.required_members:
            if name not in value:
                yield f"{path}: lacks {name}, which {shape.name} must have"
    elif kind == "map":
        for name, one in value.items():
            yield from walk(shape.value, one, f"{path}[{name}]")
    elif kind == "list":
        for i, one in enumerate(value):
            yield from walk(shape.member, one, f"{path}[{i}]")
    elif kind == "string" and shape.enum and value not in shape.enum and value not in NEWER_VALUES:
        yield f"{path}: {value!r} is none of {shape.enum}"
    elif kind == "integer" and not -2**31 <= value < 2**31:
        yield f"{path}: {value} is no 32-bit integer"
    elif kind == "timestamp" and not EARLIEST < value < EARLIEST + 100 * 366 * 86400:
        yield f"{path}: {value} are no seconds since 1970"


def plain(value, path):
    """For what this model does not know: no nulls, and times are numbers."""
    if value is None:
        yield f"{path}: null"
    elif isinstance(value, dict):
        for name, one in value.items():
            if name.endswith("At") and not (isinstance(one, (int, float)) and EARLIEST < one < EARLIEST + 100 * 366 * 86400):
                yield f"{path}.{name}: {one!r} are no seconds since 1970"
            yield from plain(one, f"{path}.{name}")
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from plain(one, f"{path}[{i}]")


def wrong_values(shape, above):
    """(path, value of `shape` with one wrong part)"""
    if shape is None or getattr(shape, "is_document_type", False) or shape.name in KEPT_AS_GIVEN:
        return
    kind = shape.type_name
    yield "", {"structure": "text", "map": "text", "list": "text", "string": 5, "integer": "5", "long": "5", "boolean": "true",
               "double": "1.5", "float": "1.5", "timestamp": "yesterday"}[kind]
    if shape.name in above:
        return
    if kind == "structure":
        for name, member in shape.members.items():
            for path, value in wrong_values(member, above | {shape.name}):
                yield f".{name}{path}", {**smallest(shape), name: value}
    elif kind == "list":
        for path, value in wrong_values(shape.member, above):
            yield f"[0]{path}", [value]
    elif kind == "map":
        yield "[key]", {"key": 5 if shape.value.type_name == "string" else "text"}


def smallest(shape):
    """A value of a shape, with what it must have."""
    if shape.type_name == "structure":
        return {name: smallest(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [smallest(shape.member)]
    return {"map": {}, "string": "nobody", "boolean": False}.get(shape.type_name, 1)


def signed(url, operation, body):
    """One signed request, its body as given (text, bytes or an object): (status, answer)."""
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    request = botocore.awsrequest.AWSRequest("POST", url + "/", data=data.encode() if isinstance(data, str) else data, headers={
        "X-Amz-Target": "AmazonEC2ContainerServiceV20141113." + operation, "Content-Type": "application/x-amz-json-1.1"})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "ecs", "us-east-1").add_auth(request)
    sent = urllib.request.Request(url + "/", request.data, dict(request.headers))
    try:
        with urllib.request.urlopen(sent, timeout=60 * SLOW) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())
