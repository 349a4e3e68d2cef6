#include "taskdef/shapes.h"

namespace drydock::taskdef {
namespace {

constexpr bool kRequired = true;

constexpr Member string(std::string_view name, bool required = false) {
  return {name, Kind::kString, nullptr, {}, required};
}
constexpr Member integer(std::string_view name, bool required = false) {
  return {name, Kind::kInteger, nullptr, {}, required};
}
constexpr Member long_integer(std::string_view name, bool required = false) {
  return {name, Kind::kLong, nullptr, {}, required};
}
constexpr Member boolean(std::string_view name, bool required = false) {
  return {name, Kind::kBoolean, nullptr, {}, required};
}
constexpr Member one_of(std::string_view name, std::string_view values, bool required = false) {
  return {name, Kind::kEnum, nullptr, values, required};
}
constexpr Member structure(std::string_view name, const Shape& shape, bool required = false) {
  return {name, Kind::kStruct, &shape, {}, required};
}
constexpr Member strings(std::string_view name, bool required = false) {
  return {name, Kind::kStrings, nullptr, {}, required};
}
constexpr Member integers(std::string_view name) { return {name, Kind::kIntegers}; }
constexpr Member some_of(std::string_view name, std::string_view values) {
  return {name, Kind::kEnums, nullptr, values};
}
constexpr Member structures(std::string_view name, const Shape& shape) {
  return {name, Kind::kStructs, &shape};
}
constexpr Member string_map(std::string_view name) { return {name, Kind::kStringMap}; }

constexpr Member kKeyValuePairMembers[] = {string("name"), string("value")};
constexpr Shape kKeyValuePair{"KeyValuePair", kKeyValuePairMembers};

constexpr Member kRepositoryCredentialsMembers[] = {string("credentialsParameter", kRequired)};
constexpr Shape kRepositoryCredentials{"RepositoryCredentials", kRepositoryCredentialsMembers};

constexpr Member kPortMappingMembers[] = {integer("containerPort"),
                                          integer("hostPort"),
                                          one_of("protocol", "tcp|udp"),
                                          string("name"),
                                          one_of("appProtocol", "http|http2|grpc"),
                                          string("containerPortRange")};
constexpr Shape kPortMapping{"PortMapping", kPortMappingMembers};

constexpr Member kRestartPolicyMembers[] = {
    boolean("enabled", kRequired), integers("ignoredExitCodes"), integer("restartAttemptPeriod")};
constexpr Shape kRestartPolicy{"ContainerRestartPolicy", kRestartPolicyMembers};

constexpr Member kEnvironmentFileMembers[] = {string("value", kRequired),
                                              one_of("type", "s3", kRequired)};
constexpr Shape kEnvironmentFile{"EnvironmentFile", kEnvironmentFileMembers};

constexpr Member kMountPointMembers[] = {string("sourceVolume"), string("containerPath"),
                                         boolean("readOnly")};
constexpr Shape kMountPoint{"MountPoint", kMountPointMembers};

constexpr Member kVolumeFromMembers[] = {string("sourceContainer"), boolean("readOnly")};
constexpr Shape kVolumeFrom{"VolumeFrom", kVolumeFromMembers};

constexpr Member kCapabilitiesMembers[] = {strings("add"), strings("drop")};
constexpr Shape kCapabilities{"KernelCapabilities", kCapabilitiesMembers};

constexpr Member kDeviceMembers[] = {string("hostPath", kRequired), string("containerPath"),
                                     some_of("permissions", "read|write|mknod")};
constexpr Shape kDevice{"Device", kDeviceMembers};

constexpr Member kTmpfsMembers[] = {string("containerPath", kRequired), integer("size", kRequired),
                                    strings("mountOptions")};
constexpr Shape kTmpfs{"Tmpfs", kTmpfsMembers};

constexpr Member kLinuxParametersMembers[] = {structure("capabilities", kCapabilities),
                                              structures("devices", kDevice),
                                              boolean("initProcessEnabled"),
                                              integer("sharedMemorySize"),
                                              structures("tmpfs", kTmpfs),
                                              integer("maxSwap"),
                                              integer("swappiness")};
constexpr Shape kLinuxParameters{"LinuxParameters", kLinuxParametersMembers};

constexpr Member kSecretMembers[] = {string("name", kRequired), string("valueFrom", kRequired)};
constexpr Shape kSecret{"Secret", kSecretMembers};

constexpr Member kDependencyMembers[] = {
    string("containerName", kRequired),
    one_of("condition", "START|COMPLETE|SUCCESS|HEALTHY", kRequired)};
constexpr Shape kDependency{"ContainerDependency", kDependencyMembers};

constexpr Member kHostEntryMembers[] = {string("hostname", kRequired),
                                        string("ipAddress", kRequired)};
constexpr Shape kHostEntry{"HostEntry", kHostEntryMembers};

constexpr Member kUlimitMembers[] = {one_of("name",
                                            "core|cpu|data|fsize|locks|memlock|msgqueue|nice|"
                                            "nofile|nproc|rss|rtprio|rttime|sigpending|stack",
                                            kRequired),
                                     long_integer("softLimit", kRequired),
                                     long_integer("hardLimit", kRequired)};
constexpr Shape kUlimit{"Ulimit", kUlimitMembers};

// The driver's name has a message of its own (rules_logging.cc), so it is no enumeration here.
constexpr Member kLogConfigurationMembers[] = {
    string("logDriver", kRequired), string_map("options"), structures("secretOptions", kSecret)};
constexpr Shape kLogConfiguration{"LogConfiguration", kLogConfigurationMembers};

constexpr Member kHealthCheckMembers[] = {strings("command", kRequired), integer("interval"),
                                          integer("timeout"), integer("retries"),
                                          integer("startPeriod")};
constexpr Shape kHealthCheck{"HealthCheck", kHealthCheckMembers};

constexpr Member kSystemControlMembers[] = {string("namespace"), string("value")};
constexpr Shape kSystemControl{"SystemControl", kSystemControlMembers};

constexpr Member kResourceRequirementMembers[] = {
    string("value", kRequired), one_of("type", "GPU|InferenceAccelerator", kRequired)};
constexpr Shape kResourceRequirement{"ResourceRequirement", kResourceRequirementMembers};

constexpr Member kFirelensMembers[] = {one_of("type", "fluentd|fluentbit", kRequired),
                                       string_map("options")};
constexpr Shape kFirelens{"FirelensConfiguration", kFirelensMembers};

constexpr Member kContainerMembers[] = {string("name"),
                                        string("image"),
                                        structure("repositoryCredentials", kRepositoryCredentials),
                                        integer("cpu"),
                                        integer("memory"),
                                        integer("memoryReservation"),
                                        strings("links"),
                                        structures("portMappings", kPortMapping),
                                        boolean("essential"),
                                        structure("restartPolicy", kRestartPolicy),
                                        strings("entryPoint"),
                                        strings("command"),
                                        structures("environment", kKeyValuePair),
                                        structures("environmentFiles", kEnvironmentFile),
                                        structures("mountPoints", kMountPoint),
                                        structures("volumesFrom", kVolumeFrom),
                                        structure("linuxParameters", kLinuxParameters),
                                        structures("secrets", kSecret),
                                        structures("dependsOn", kDependency),
                                        integer("startTimeout"),
                                        integer("stopTimeout"),
                                        one_of("versionConsistency", "enabled|disabled"),
                                        string("hostname"),
                                        string("user"),
                                        string("workingDirectory"),
                                        boolean("disableNetworking"),
                                        boolean("privileged"),
                                        boolean("readonlyRootFilesystem"),
                                        strings("dnsServers"),
                                        strings("dnsSearchDomains"),
                                        structures("extraHosts", kHostEntry),
                                        strings("dockerSecurityOptions"),
                                        boolean("interactive"),
                                        boolean("pseudoTerminal"),
                                        string_map("dockerLabels"),
                                        structures("ulimits", kUlimit),
                                        structure("logConfiguration", kLogConfiguration),
                                        structure("healthCheck", kHealthCheck),
                                        structures("systemControls", kSystemControl),
                                        structures("resourceRequirements", kResourceRequirement),
                                        structure("firelensConfiguration", kFirelens),
                                        strings("credentialSpecs")};
constexpr Shape kContainer{"Container", kContainerMembers};

constexpr Member kHostVolumeMembers[] = {string("sourcePath")};
constexpr Shape kHostVolume{"HostVolumeProperties", kHostVolumeMembers};

constexpr Member kDockerVolumeMembers[] = {one_of("scope", "task|shared"), boolean("autoprovision"),
                                           string("driver"), string_map("driverOpts"),
                                           string_map("labels")};
constexpr Shape kDockerVolume{"DockerVolumeConfiguration", kDockerVolumeMembers};

constexpr Member kEfsAuthorizationMembers[] = {string("accessPointId"),
                                               one_of("iam", "ENABLED|DISABLED")};
constexpr Shape kEfsAuthorization{"EFSAuthorizationConfig", kEfsAuthorizationMembers};

constexpr Member kEfsVolumeMembers[] = {string("fileSystemId", kRequired), string("rootDirectory"),
                                        one_of("transitEncryption", "ENABLED|DISABLED"),
                                        integer("transitEncryptionPort"),
                                        structure("authorizationConfig", kEfsAuthorization)};
constexpr Shape kEfsVolume{"EFSVolumeConfiguration", kEfsVolumeMembers};

constexpr Member kS3FilesVolumeMembers[] = {
    string("fileSystemArn", kRequired), string("rootDirectory"), integer("transitEncryptionPort"),
    string("accessPointArn")};
constexpr Shape kS3FilesVolume{"S3FilesVolumeConfiguration", kS3FilesVolumeMembers};

constexpr Member kFsxAuthorizationMembers[] = {string("credentialsParameter", kRequired),
                                               string("domain", kRequired)};
constexpr Shape kFsxAuthorization{"FSxWindowsFileServerAuthorizationConfig",
                                  kFsxAuthorizationMembers};

constexpr Member kFsxVolumeMembers[] = {
    string("fileSystemId", kRequired), string("rootDirectory", kRequired),
    structure("authorizationConfig", kFsxAuthorization, kRequired)};
constexpr Shape kFsxVolume{"FSxWindowsFileServerVolumeConfiguration", kFsxVolumeMembers};

constexpr Member kVolumeMembers[] = {
    string("name"),
    structure("host", kHostVolume),
    structure("dockerVolumeConfiguration", kDockerVolume),
    structure("efsVolumeConfiguration", kEfsVolume),
    structure("s3filesVolumeConfiguration", kS3FilesVolume),
    structure("fsxWindowsFileServerVolumeConfiguration", kFsxVolume),
    boolean("configuredAtLaunch")};
constexpr Shape kVolume{"Volume", kVolumeMembers};

constexpr Member kPlacementConstraintMembers[] = {one_of("type", "memberOf"), string("expression")};
constexpr Shape kPlacementConstraint{"TaskDefinitionPlacementConstraint",
                                     kPlacementConstraintMembers};

constexpr Member kRuntimePlatformMembers[] = {
    one_of("cpuArchitecture", "X86_64|ARM64"),
    one_of("operatingSystemFamily",
           "WINDOWS_SERVER_2019_FULL|WINDOWS_SERVER_2019_CORE|WINDOWS_SERVER_2016_FULL|"
           "WINDOWS_SERVER_2004_CORE|WINDOWS_SERVER_2022_CORE|WINDOWS_SERVER_2022_FULL|"
           "WINDOWS_SERVER_2025_CORE|WINDOWS_SERVER_2025_FULL|WINDOWS_SERVER_20H2_CORE|LINUX")};
constexpr Shape kRuntimePlatform{"RuntimePlatform", kRuntimePlatformMembers};

constexpr Member kInferenceAcceleratorMembers[] = {string("deviceName", kRequired),
                                                   string("deviceType", kRequired)};
constexpr Shape kInferenceAccelerator{"InferenceAccelerator", kInferenceAcceleratorMembers};

constexpr Member kProxyMembers[] = {one_of("type", "APPMESH"), string("containerName", kRequired),
                                    structures("properties", kKeyValuePair)};
constexpr Shape kProxy{"ProxyConfiguration", kProxyMembers};

constexpr Member kEphemeralStorageMembers[] = {integer("sizeInGiB", kRequired)};
constexpr Shape kEphemeralStorage{"EphemeralStorage", kEphemeralStorageMembers};

constexpr Member kTagMembers[] = {string("key"), string("value")};
constexpr Shape kTag{"Tag", kTagMembers};

constexpr Member kRequestMembers[] = {
    string("family"),
    string("taskRoleArn"),
    string("executionRoleArn"),
    one_of("networkMode", "bridge|host|awsvpc|none"),
    structures("containerDefinitions", kContainer),
    structures("volumes", kVolume),
    structures("placementConstraints", kPlacementConstraint),
    some_of("requiresCompatibilities", "EC2|FARGATE|EXTERNAL|MANAGED_INSTANCES"),
    string("cpu"),
    string("memory"),
    structures("tags", kTag),
    one_of("pidMode", "host|task"),
    one_of("ipcMode", "host|task|none"),
    structure("proxyConfiguration", kProxy),
    structures("inferenceAccelerators", kInferenceAccelerator),
    structure("ephemeralStorage", kEphemeralStorage),
    structure("runtimePlatform", kRuntimePlatform),
    boolean("enableFaultInjection")};
constexpr Shape kRequest{"TaskDefinition", kRequestMembers};

constexpr Member kContainerOverrideMembers[] = {
    string("name"),
    strings("command"),
    structures("environment", kKeyValuePair),
    structures("environmentFiles", kEnvironmentFile),
    integer("cpu"),
    integer("memory"),
    integer("memoryReservation"),
    structures("resourceRequirements", kResourceRequirement)};
constexpr Shape kContainerOverride{"ContainerOverride", kContainerOverrideMembers};

constexpr Member kInferenceOverrideMembers[] = {string("deviceName"), string("deviceType")};
constexpr Shape kInferenceOverride{"InferenceAcceleratorOverride", kInferenceOverrideMembers};

constexpr Member kOverrideMembers[] = {
    structures("containerOverrides", kContainerOverride),
    string("cpu"),
    structures("inferenceAcceleratorOverrides", kInferenceOverride),
    string("executionRoleArn"),
    string("memory"),
    string("taskRoleArn"),
    structure("ephemeralStorage", kEphemeralStorage)};
constexpr Shape kOverride{"TaskOverride", kOverrideMembers};

}  // namespace

const Shape& request_shape() { return kRequest; }
const Shape& override_shape() { return kOverride; }

}  // namespace drydock::taskdef
