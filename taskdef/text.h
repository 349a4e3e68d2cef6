#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

// The texts of refusals, in one table so that a better recording can replace one. "Recorded" ones
// are what the real API has been seen to answer, to the letter; for the others only the rule is
// known and the wording is ours. Each {} takes one argument of fill().
namespace drydock::taskdef {

std::string fill(std::string_view text, std::initializer_list<std::string_view> arguments);

// The characters of UTF-8 text: what the API's limits count.
std::size_t characters(std::string_view text);

namespace text {

// Recorded.
inline constexpr std::string_view kFamilyMissing = "Family should not be null or empty.";
inline constexpr std::string_view kFamilyCharacters = "Family contains invalid characters.";
inline constexpr std::string_view kNoContainers = "Container list cannot be empty.";
inline constexpr std::string_view kTooManyContainers = "Too many containers.";
inline constexpr std::string_view kMissing = "{}.{} should not be null or empty.";
inline constexpr std::string_view kCharacters = "{}.{} contains invalid characters.";
inline constexpr std::string_view kSameName =
    "Container names must be unique within a Task Definition.";
inline constexpr std::string_view kNoEssential =
    "Task definition doesn't have any essential container.";
inline constexpr std::string_view kUnsupportedField = "Unsupported field '{}'";
inline constexpr std::string_view kTaskSize = "Invalid '{}' setting for task.";
inline constexpr std::string_view kNoMemory =
    "Invalid setting for container '{}'. At least one of 'memory' or 'memoryReservation' must be "
    "specified.";
inline constexpr std::string_view kReservation =
    "Invalid setting for container '{}'. 'memory' must be greater than or equal to "
    "'memoryReservation'.";
inline constexpr std::string_view kMemoryAboveTask =
    "The 'memory' setting for container '{}' is greater than for the task.";
inline constexpr std::string_view kSum =
    "The sum of all container '{}' values cannot be greater than the value of the task '{}'.";
inline constexpr std::string_view kFargateNetwork = "Fargate only supports network mode ‘awsvpc’.";
inline constexpr std::string_view kFargateSizeMissing =
    "Fargate requires that '{}' be defined at the task level.";
inline constexpr std::string_view kFargateSize =
    "No Fargate configuration exists for given values: {} CPU, {} memory. See the Amazon ECS "
    "documentation for the "
    "valid values.";
inline constexpr std::string_view kFargateRole =
    "Fargate requires task definition to have execution role ARN to support {}.";
inline constexpr std::string_view kSecretsRole =
    "When you are specifying container secrets, you must also specify a value for "
    "'executionRoleArn'.";
inline constexpr std::string_view kLogDriver = "{} is not a valid log driver. Must be one of [{}]";
inline constexpr std::string_view kLogOptions = "Log driver {} requires options: {}";
inline constexpr std::string_view kPrivileged =
    "Fargate requires that the 'privileged' setting be 'false'.";
inline constexpr std::string_view kFargateBan =
    "Fargate compatible task definitions do not support {}";
inline constexpr std::string_view kFargatePid =
    "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for "
    "pidMode is 'task'.";
inline constexpr std::string_view kFargateResource =
    "Tasks using the Fargate launch type do not support {} resource requirements";
inline constexpr std::string_view kFargateCapability = "{} is not allowed on Fargate.";
inline constexpr std::string_view kArnSyntax = "Invalid arn syntax.";
inline constexpr std::string_view kLinks = "Links are not supported when networkMode={}.";
inline constexpr std::string_view kAwsvpcNetworking =
    "Disable Networking is not supported on container when networkMode=awsvpc";
inline constexpr std::string_view kAwsvpcMember =
    "{} is not supported on container when networkMode=awsvpc.";
inline constexpr std::string_view kHostPort =
    "When networkMode={}, the host ports and container ports in port mappings must match.";
inline constexpr std::string_view kContainerPort =
    "Invalid 'containerPort' setting for container '{}'.";
inline constexpr std::string_view kPortAndRange = "cannot specify both single port and port range";
inline constexpr std::string_view kPortRange = "Invalid 'containerPortRange' setting";
inline constexpr std::string_view kPortTwice = "container port is used multiple times in task";
inline constexpr std::string_view kPortName = "port mapping name is already used";
inline constexpr std::string_view kDependsUnknown =
    "Cannot depend on container + '{}' because it does not exist";
inline constexpr std::string_view kDependsEssential =
    "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container";
inline constexpr std::string_view kDependsHealthy =
    "A dependency container with HEALTHY condition must have health check configured";
inline constexpr std::string_view kTimeoutLow =
    "Granular {} timeout on container '{}' must be at least 2 seconds.";
inline constexpr std::string_view kTimeoutHigh =
    "Tasks using the Fargate launch type must have a container stop timeout of less than 120 "
    "seconds.";
inline constexpr std::string_view kSecretTwice =
    "Duplicate secret names found: {}. Each secret name must be unique.";
inline constexpr std::string_view kSecretIsVariable =
    "The secret name must be unique and not shared with any new or existing environment variables "
    "set on the "
    "container, such as '{}'.";
inline constexpr std::string_view kUnknownVolume = "Unknown volume '{}'.";
inline constexpr std::string_view kEfsIam =
    "EFS IAM authorization requires TransitEncryption to be enabled";
inline constexpr std::string_view kProxyContainer = "Proxy container [{}] does not exist";
inline constexpr std::string_view kProxyNetwork =
    "APPMESH proxy configuration is only supported in networkMode=awsvpc";
inline constexpr std::string_view kProxyPort = "{} port not found";
inline constexpr std::string_view kOverrideContainer =
    "Override for container named {} is not a container in the TaskDefinition.";

// Ours: ECS is known to refuse these, its wording is not.
inline constexpr std::string_view kBadEnum = "Invalid value '{}' for '{}'. Must be one of [{}].";
inline constexpr std::string_view kTooLong = "{}.{} cannot be longer than {} characters.";
inline constexpr std::string_view kDefinitionSize =
    "The task definition has {} bytes of JSON; at most {} are allowed.";
inline constexpr std::string_view kRange =
    "Invalid '{}' setting for container '{}': {} is not between {} and {}.";
inline constexpr std::string_view kLeastMemory =
    "Invalid setting for container '{}'. '{}' must be at least 6 MiB.";
inline constexpr std::string_view kContainerSetting =
    "Invalid '{}' setting for container '{}': {}.";
inline constexpr std::string_view kTaskSetting = "Invalid '{}' setting for task: {}.";
inline constexpr std::string_view kVolumeSetting = "Invalid setting for volume '{}': {}.";
inline constexpr std::string_view kTag = "Invalid tag: {}.";
inline constexpr std::string_view kOverridesSize =
    "The overrides have {} characters of JSON; at most 8192 are allowed.";
inline constexpr std::string_view kOverrideAccelerator =
    "Override for inference accelerator named {} is not an inference accelerator in the "
    "TaskDefinition.";
inline constexpr std::string_view kCycle = "The containers depend on one another in a circle: {}.";

}  // namespace text
}  // namespace drydock::taskdef
