#include "taskdef/templates/resources.h"

#include <array>
#include <cctype>
#include <cstdint>

namespace drydock::taskdef::templates {
namespace {

constexpr std::array kForms = {
    ResourceForm{"AWS::ECS::Cluster", "", "ClusterName", "{name}"},
    ResourceForm{"AWS::ECS::Cluster", "Arn", "ClusterName",
                 "arn:aws:ecs:{region}:{account}:cluster/{name}"},
    ResourceForm{"AWS::ECS::TaskDefinition", "", "Family",
                 "arn:aws:ecs:{region}:{account}:task-definition/{name}"},
    ResourceForm{"AWS::ECS::TaskDefinition", "TaskDefinitionArn", "Family",
                 "arn:aws:ecs:{region}:{account}:task-definition/{name}"},
    ResourceForm{"AWS::ECS::Service", "Name", "ServiceName", "{name}"},
    ResourceForm{"AWS::IAM::Role", "", "RoleName", "{name}"},
    ResourceForm{"AWS::IAM::Role", "Arn", "RoleName", "arn:aws:iam::{account}:role/{name}"},
    ResourceForm{"AWS::Logs::LogGroup", "", "LogGroupName", "{name}"},
    ResourceForm{"AWS::Logs::LogGroup", "Arn", "LogGroupName",
                 "arn:aws:logs:{region}:{account}:log-group:{name}:*"},
    ResourceForm{"AWS::SecretsManager::Secret", "", "Name",
                 "arn:aws:secretsmanager:{region}:{account}:secret:{name}"},
    ResourceForm{"AWS::SecretsManager::Secret", "Id", "Name",
                 "arn:aws:secretsmanager:{region}:{account}:secret:{name}"},
    ResourceForm{"AWS::SSM::Parameter", "", "Name", "{name}"},
    ResourceForm{"AWS::ECR::Repository", "", "RepositoryName", "{small}"},
    ResourceForm{"AWS::ECR::Repository", "Arn", "RepositoryName",
                 "arn:aws:ecr:{region}:{account}:repository/{small}"},
    ResourceForm{"AWS::ECR::Repository", "RepositoryUri", "RepositoryName",
                 "{account}.dkr.ecr.{region}.amazonaws.com/{small}"},
    ResourceForm{"AWS::S3::Bucket", "", "BucketName", "{small}"},
    ResourceForm{"AWS::S3::Bucket", "Arn", "BucketName", "arn:aws:s3:::{small}"},
    ResourceForm{"AWS::S3::Bucket", "DomainName", "BucketName", "{small}.s3.amazonaws.com"},
    ResourceForm{"AWS::S3::Bucket", "RegionalDomainName", "BucketName",
                 "{small}.s3.{region}.amazonaws.com"},
    ResourceForm{"AWS::SQS::Queue", "", "QueueName",
                 "https://sqs.{region}.amazonaws.com/{account}/{name}"},
    ResourceForm{"AWS::SQS::Queue", "QueueUrl", "QueueName",
                 "https://sqs.{region}.amazonaws.com/{account}/{name}"},
    ResourceForm{"AWS::SQS::Queue", "QueueName", "QueueName", "{name}"},
    ResourceForm{"AWS::SQS::Queue", "Arn", "QueueName", "arn:aws:sqs:{region}:{account}:{name}"},
    ResourceForm{"AWS::SNS::Topic", "", "TopicName", "arn:aws:sns:{region}:{account}:{name}"},
    ResourceForm{"AWS::SNS::Topic", "TopicArn", "TopicName",
                 "arn:aws:sns:{region}:{account}:{name}"},
    ResourceForm{"AWS::SNS::Topic", "TopicName", "TopicName", "{name}"},
    ResourceForm{"AWS::DynamoDB::Table", "", "TableName", "{name}"},
    ResourceForm{"AWS::DynamoDB::Table", "Arn", "TableName",
                 "arn:aws:dynamodb:{region}:{account}:table/{name}"},
    ResourceForm{"AWS::Kinesis::Stream", "", "Name", "{name}"},
    ResourceForm{"AWS::Kinesis::Stream", "Arn", "Name",
                 "arn:aws:kinesis:{region}:{account}:stream/{name}"},
    ResourceForm{"AWS::KinesisFirehose::DeliveryStream", "", "DeliveryStreamName", "{name}"},
    ResourceForm{"AWS::Events::EventBus", "", "Name", "{name}"},
    ResourceForm{"AWS::EC2::Subnet", "", "", "subnet-{id}"},
    ResourceForm{"AWS::EC2::Subnet", "SubnetId", "", "subnet-{id}"},
    ResourceForm{"AWS::EC2::SecurityGroup", "", "", "sg-{id}"},
    ResourceForm{"AWS::EC2::SecurityGroup", "GroupId", "", "sg-{id}"},
    ResourceForm{"AWS::EC2::VPC", "", "", "vpc-{id}"},
    ResourceForm{"AWS::EC2::VPC", "VpcId", "", "vpc-{id}"},
    ResourceForm{"AWS::EFS::FileSystem", "", "", "fs-{id}"},
    ResourceForm{"AWS::EFS::FileSystem", "FileSystemId", "", "fs-{id}"},
    ResourceForm{"AWS::EFS::AccessPoint", "", "", "fsap-{id}"},
    ResourceForm{"AWS::EFS::AccessPoint", "AccessPointId", "", "fsap-{id}"},
};

}  // namespace

const ResourceForm* form_of(std::string_view type, std::string_view attribute) {
  for (const ResourceForm& form : kForms)
    if (form.type == type && form.attribute == attribute) return &form;
  return nullptr;
}

std::string made_up_name(const std::string& stack, const std::string& logical_id) {
  return stack + "-" + logical_id;
}

// FNV-1a, twice with different beginnings: 17 digits are more than one hash has.
std::string made_up_id(std::string_view text) {
  const auto hash = [text](std::uint64_t h) {
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return h;
  };
  constexpr const char* kHex = "0123456789abcdef";
  std::string out;
  std::uint64_t h = hash(0xcbf29ce484222325ULL);
  for (int i = 0; i < 16; ++i, h >>= 4) out += kHex[h & 15];
  return out + kHex[(hash(0x84222325cbf29ce4ULL) >> 60) & 15];
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace drydock::taskdef::templates
