#include "api/shapes.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "taskdef/shapes.h"

namespace drydock::api {
namespace {

using control::Answer;

// The structures that inputs are made of; those of task definitions and overrides are in
// taskdef/shapes.cc.
const std::map<std::string_view, std::string_view>& structures() {
  static const std::map<std::string_view, std::string_view> all{
      // clang-format off
    {"AdvancedConfiguration",
     "alternateTargetGroupArn: str, productionListenerRule: str, testListenerRule: str, roleArn: "
     "str"},
    {"Attribute", "name*: str, value: str, targetType: enum TargetType, targetId: str"},
    {"AttachmentStateChange", "attachmentArn*: str, status*: str"},
    {"AutoScalingGroupProvider",
     "autoScalingGroupArn*: str, managedScaling: ManagedScaling, managedTerminationProtection: "
     "enum, managedDraining: enum"},
    {"AutoScalingGroupProviderUpdate",
     "managedScaling: ManagedScaling, managedTerminationProtection: enum, managedDraining: enum"},
    {"AwsTag", "Key: str, Value: str"},
    {"AwsVpcConfiguration", "subnets*: [str], securityGroups: [str], assignPublicIp: enum"},
    {"CanaryConfiguration", "canaryPercent: double, canaryBakeTimeInMinutes: int"},
    {"CapacityProviderStrategyItem", "capacityProvider*: str, weight: int, base: int"},
    {"ClusterConfiguration",
     "executeCommandConfiguration: ExecuteCommandConfiguration, managedStorageConfiguration: "
     "ManagedStorageConfiguration"},
    {"ClusterServiceConnectDefaultsRequest", "namespace*: str"},
    {"ClusterSetting", "name: enum, value: str"},
    {"ContainerStateChange",
     "containerName: str, imageDigest: str, runtimeId: str, exitCode: int, networkBindings: "
     "[NetworkBinding], reason: str, status: str"},
    {"CreatedAt", "before: time, after: time"},
    {"DeploymentAlarms", "alarmNames*: [str], rollback*: bool, enable*: bool"},
    {"DeploymentCircuitBreaker", "enable*: bool, rollback*: bool"},
    {"DeploymentConfiguration",
     "deploymentCircuitBreaker: DeploymentCircuitBreaker, maximumPercent: int, "
     "minimumHealthyPercent: int, alarms: DeploymentAlarms, strategy: enum, bakeTimeInMinutes: int, "
     "lifecycleHooks: [DeploymentLifecycleHook], linearConfiguration: LinearConfiguration, "
     "canaryConfiguration: CanaryConfiguration"},
    {"DeploymentController", "type*: enum"},
    {"DeploymentLifecycleHook",
     "targetType: enum, hookTargetArn: str, roleArn: str, lifecycleStages: [enum], hookDetails: "
     "any, timeoutConfiguration: DeploymentLifecycleHookTimeoutConfiguration"},
    {"DeploymentLifecycleHookTimeoutConfiguration", "timeoutInMinutes: int, action: enum"},
    {"EBSTagSpecification", "resourceType*: enum, tags: [Tag], propagateTags: enum"},
    {"EventsEcsParameters",
     "TaskDefinitionArn: str, TaskCount: int, LaunchType: enum, NetworkConfiguration: EventsNetwork, "
     "PlatformVersion: str, Group: str, CapacityProviderStrategy: [CapacityProviderStrategyItem], "
     "EnableECSManagedTags: bool, EnableExecuteCommand: bool, PlacementConstraints: "
     "[PlacementConstraint], PlacementStrategy: [PlacementStrategy], PropagateTags: enum, "
     "ReferenceId: str, Tags: [AwsTag]"},
    {"EventsEntry",
     "Time: time, Source: str, Resources: [str], DetailType: str, Detail: str, EventBusName: str, "
     "TraceHeader: str"},
    {"EventsNetwork", "awsvpcConfiguration: EventsVpc"},
    {"EventsTarget",
     "Id: str, Arn: str, RoleArn: str, Input: str, InputPath: str, InputTransformer: "
     "EventsTransformer, EcsParameters: EventsEcsParameters, KinesisParameters: any, "
     "RunCommandParameters: any, BatchParameters: any, SqsParameters: any, HttpParameters: any, "
     "RedshiftDataParameters: any, SageMakerPipelineParameters: any, DeadLetterConfig: any, "
     "RetryPolicy: any, AppSyncParameters: any"},
    {"EventsTransformer", "InputPathsMap: {str:str}, InputTemplate: str"},
    {"EventsVpc", "Subnets: [str], SecurityGroups: [str], AssignPublicIp: enum"},
    {"ExecuteCommandConfiguration",
     "kmsKeyId: str, logging: enum, logConfiguration: ExecuteCommandLogConfiguration"},
    {"ExecuteCommandLogConfiguration",
     "cloudWatchLogGroupName: str, cloudWatchEncryptionEnabled: bool, s3BucketName: str, "
     "s3EncryptionEnabled: bool, s3KeyPrefix: str"},
    {"InputLogEvent", "timestamp: long, message: str"},
    {"KeyFilter", "Key: str, Values: [str]"},
    {"LinearConfiguration", "stepPercent: double, stepBakeTimeInMinutes: int"},
    {"LoadBalancer",
     "targetGroupArn: str, loadBalancerName: str, containerName: str, containerPort: int, "
     "advancedConfiguration: AdvancedConfiguration"},
    {"ManagedAgentStateChange",
     "containerName*: str, managedAgentName*: enum, status*: str, reason: str"},
    {"ManagedScaling",
     "status: enum, targetCapacity: int, minimumScalingStepSize: int, maximumScalingStepSize: int, "
     "instanceWarmupPeriod: int"},
    {"ManagedStorageConfiguration", "kmsKeyId: str, fargateEphemeralStorageKmsKeyId: str"},
    {"NetworkBinding",
     "bindIP: str, containerPort: int, hostPort: int, protocol: enum, containerPortRange: str, "
     "hostPortRange: str"},
    {"NetworkConfiguration", "awsvpcConfiguration: AwsVpcConfiguration"},
    {"ParameterFilter", "Key: str, Option: str, Values: [str]"},
    {"PlacementConstraint", "type: enum, expression: str"},
    {"PlacementStrategy", "type: enum, field: str"},
    {"PlatformDevice", "id*: str, type*: enum"},
    {"PublishRequest",
     "container: str, hostPort: int, containerPort: int, protocol: str, hostAddress: str"},
    {"ReplicaRegion", "Region: str, KmsKeyId: str"},
    {"Resource",
     "name: str, type: str, doubleValue: double, longValue: long, integerValue: int, "
     "stringSetValue: [str]"},
    {"Scale", "value: double, unit: enum"},
    {"ServiceConnectAccessLogConfiguration", "format*: enum, includeQueryParameters: enum"},
    {"ServiceConnectClientAlias",
     "port*: int, dnsName: str, testTrafficRules: ServiceConnectTestTrafficRules"},
    {"ServiceConnectConfiguration",
     "enabled*: bool, namespace: str, services: [ServiceConnectService], logConfiguration: "
     "ServiceLogConfiguration, accessLogConfiguration: ServiceConnectAccessLogConfiguration"},
    {"ServiceConnectService",
     "portName*: str, discoveryName: str, clientAliases: [ServiceConnectClientAlias], "
     "ingressPortOverride: int, timeout: ServiceConnectTimeout, tls: ServiceConnectTls"},
    {"ServiceConnectTestTrafficHeader",
     "name*: str, value: ServiceConnectTestTrafficHeaderMatch"},
    {"ServiceConnectTestTrafficHeaderMatch", "exact*: str"},
    {"ServiceConnectTestTrafficRules", "header*: ServiceConnectTestTrafficHeader"},
    {"ServiceConnectTimeout", "idleTimeoutSeconds: int, perRequestTimeoutSeconds: int"},
    {"ServiceConnectTls",
     "issuerCertificateAuthority*: ServiceConnectTlsAuthority, kmsKey: str, roleArn: str"},
    {"ServiceConnectTlsAuthority", "awsPcaAuthorityArn: str"},
    {"ServiceLogConfiguration",
     "logDriver*: enum, options: {str:str}, secretOptions: [ServiceLogSecret]"},
    {"ServiceLogSecret", "name*: str, valueFrom*: str"},
    {"ServiceManagedEBSVolumeConfiguration",
     "encrypted: bool, kmsKeyId: str, volumeType: str, sizeInGiB: int, snapshotId: str, "
     "volumeInitializationRate: int, iops: int, throughput: int, tagSpecifications: "
     "[EBSTagSpecification], roleArn*: str, filesystemType: enum"},
    {"ServiceRegistry", "registryArn: str, port: int, containerName: str, containerPort: int"},
    {"ServiceVolumeConfiguration",
     "name*: str, managedEBSVolume: ServiceManagedEBSVolumeConfiguration"},
    {"Tag", "key: str, value: str"},
    {"TaskManagedEBSVolumeConfiguration",
     "encrypted: bool, kmsKeyId: str, volumeType: str, sizeInGiB: int, snapshotId: str, "
     "volumeInitializationRate: int, iops: int, throughput: int, tagSpecifications: "
     "[EBSTagSpecification], roleArn*: str, terminationPolicy: TaskManagedEBSVolumeTerminationPolicy, "
     "filesystemType: enum"},
    {"TaskManagedEBSVolumeTerminationPolicy", "deleteOnTermination*: bool"},
    {"TaskVolumeConfiguration", "name*: str, managedEBSVolume: TaskManagedEBSVolumeConfiguration"},
    {"VersionInfo", "agentVersion: str, agentHash: str, dockerVersion: str"},
    {"VpcLatticeConfiguration", "roleArn*: str, targetGroupArn*: str, portName*: str"},
      // clang-format on
  };
  return all;
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

struct Member {
  std::string_view name;
  std::string_view type;
  bool required = false;
};

// Takes the next "name*: type" off the front of `members`.
Member next_member(std::string_view& members) {
  const auto comma = members.find(',');
  const std::string_view text = trim(members.substr(0, comma));
  members = comma == std::string_view::npos ? std::string_view{} : members.substr(comma + 1);
  const auto colon = text.find(':');
  Member m{trim(text.substr(0, colon)), trim(text.substr(colon + 1))};
  if (!m.name.empty() && m.name.back() == '*') {
    m.required = true;
    m.name.remove_suffix(1);
  }
  return m;
}

// How the service names what it found.
std::string_view token(const Json& v) {
  if (v.is_string()) return "STRING_VALUE";
  if (v.is_boolean()) return v.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE";
  return v.is_number_float() ? "DECIMAL_VALUE" : "NUMBER_VALUE";
}

tl::unexpected<control::ApiError> wrong(const std::string& path, const std::string& what) {
  return control::refuse("SerializationException",
                         what + (path.empty() ? "" : " (at " + path + ")"));
}

tl::unexpected<control::ApiError> cannot_become(const std::string& path, const Json& value,
                                                std::string_view type) {
  if (value.is_object() || value.is_array())
    return wrong(path, "Start of structure or map found where not expected");
  return wrong(path, std::string(token(value)) + " can not be converted to " + std::string(type));
}

tl::unexpected<control::ApiError> blank(const std::string& path, std::string_view name, bool list) {
  std::string text(name);
  if (!list) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  text += list ? " can not be empty." : " can not be blank.";
  if (!path.empty()) text += " (at " + path + ")";
  return control::invalid_parameter(text);
}

Answer<Json> clean(std::string_view type, const Json& value, const std::string& path);

Answer<Json> clean_members(std::string_view members, const Json& value, const std::string& path) {
  if (!value.is_object()) {
    if (value.is_array()) return wrong(path, "Start of list found where not expected");
    return wrong(path, "Expected a structure and found " + std::string(token(value)));
  }
  Json out = Json::object();
  while (!members.empty()) {
    const Member m = next_member(members);
    const Json* found = json_find(value, m.name);
    const bool empty =
        !found || (found->is_string() && found->get_ref<const std::string&>().empty());
    if (m.required && empty) return blank(path, m.name, m.type.front() == '[');
    if (!found) continue;
    auto cleaned = clean(m.type, *found,
                         path.empty() ? std::string(m.name) : path + "." + std::string(m.name));
    if (!cleaned) return cleaned;
    out[std::string(m.name)] = std::move(*cleaned);
  }
  return out;
}

Answer<Json> clean_list(std::string_view item, const Json& value, const std::string& path) {
  if (!value.is_array()) return wrong(path, "Expected list or null");
  Json out = Json::array();
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i].is_null()) continue;
    auto cleaned = clean(item, value[i], path + "[" + std::to_string(i) + "]");
    if (!cleaned) return cleaned;
    out.push_back(std::move(*cleaned));
  }
  return out;
}

Answer<Json> clean_map(const Json& value, const std::string& path) {
  if (!value.is_object()) return wrong(path, "Expected map or null");
  Json out = Json::object();
  for (const auto& [key, one] : value.items()) {
    if (one.is_null()) continue;
    if (!one.is_string()) return cannot_become(path + "." + key, one, "a String");
    out[key] = one;
  }
  return out;
}

// Whose members are tables of taskdef; they are cleaned and judged with the definition.
Answer<Json> clean_overrides(const Json& value) {
  const auto wrong_types = taskdef::check_types(value, taskdef::override_shape());
  if (!wrong_types.empty())
    return control::refuse(wrong_types.front().code, wrong_types.front().message);
  return value;
}

bool whole(const Json& v) {
  return v.is_number_integer() ||
         (v.is_number_float() && std::trunc(v.get<double>()) == v.get<double>() &&
          std::abs(v.get<double>()) < 9e15);
}

Answer<Json> clean(std::string_view type, const Json& value, const std::string& path) {
  if (type == "any") return value;
  if (type.front() == '[') return clean_list(trim(type.substr(1, type.size() - 2)), value, path);
  if (type.front() == '{') return clean_map(value, path);
  if (type == "str" || type.substr(0, 4) == "enum") {
    if (!value.is_string()) return cannot_become(path, value, "a String");
    return value;
  }
  if (type == "bool") {
    if (!value.is_boolean()) return cannot_become(path, value, "a Boolean");
    return value;
  }
  if (type == "int" || type == "long") {
    if (!whole(value)) return cannot_become(path, value, type == "int" ? "an Integer" : "a Long");
    const auto n = value.is_number_float() ? static_cast<long long>(value.get<double>())
                                           : value.get<long long>();
    if (type == "int" && (n > INT32_MAX || n < INT32_MIN || (value.is_number_unsigned() && n < 0)))
      return wrong(path, "Value " + value.dump() + " is out of range of an Integer");
    return Json(n);
  }
  if (type == "double" || type == "time") {
    if (!value.is_number()) return cannot_become(path, value, "a Double");
    return value;
  }
  if (type == "override") return clean_overrides(value);
  return clean_members(structure(type), value, path);
}

}  // namespace

std::string_view structure(std::string_view name) {
  const auto it = structures().find(name);
  return it == structures().end() ? std::string_view{} : it->second;
}

Answer<Json> checked(std::string_view members, const Json& input) {
  return members == kUnchecked ? input : clean_members(members, input, "");
}

}  // namespace drydock::api
