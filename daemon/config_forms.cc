#include "daemon/config_keys.h"

// What a value must be, in words.
namespace drydock::daemon {

std::string form_text(const Key& key) {
  switch (key.form) {
    case Form::kFolder:
      return "an absolute path of at most 90 characters";
    case Form::kListen:
      return "a loopback address and a port, like 127.0.0.1:4590, or none";
    case Form::kSubnet:
      return "an IPv4 network like 172.31.0.0/16 (/8 to /28, host bits zero), or empty";
    case Form::kRegion:
      return "the name of a region, like us-east-1";
    case Form::kAccount:
      return "twelve digits";
    case Form::kProgram:
      return "the name of a program or an absolute path";
    case Form::kLogLevel:
      return "debug, info, warn or error";
    case Form::kNumber:
      return "a whole number from " + std::to_string(key.min) + " to " + std::to_string(key.max);
    case Form::kSwitch:
      return "true or false";
    case Form::kDuration:
      return "a duration in quotes, like 90s, 10m or 1h";
    case Form::kUids:
      return "a list of user ids, like [1000]";
    case Form::kPullPolicy:
      return "always, missing or never";
    case Form::kOptionalFile:
      return "an absolute path, or empty";
    case Form::kRegistries:
      return "a list of hosts, like [\"registry.local:5000\"]";
    case Form::kMirrors:
      return "an object of lists of addresses, like {\"docker.io\": "
             "[\"https://mirror.example.com\"]}";
    case Form::kAliases:
      return "an object of image names, like {\"public.ecr.aws/team/\": \"localhost:5000/team/\"}";
    case Form::kCredentials:
      return "fake, profile, assume, none, profile:NAME or assume:NAME";
    case Form::kRoles:
      return "an object of such modes, like {\"app-role\": \"profile:dev\"}";
    case Form::kAddress:
      return "an address like https://sts.eu-west-1.amazonaws.com, or empty";
    case Form::kWebhook:
      return "an address like http://127.0.0.1:8080/events, or empty";
    case Form::kServers:
      return "a list of addresses, like [\"10.0.0.2\", \"127.0.0.1:5353\"]";
    case Form::kClusters:
      return "a list of names of clusters, like [\"default\"], or [\"*\"]";
    case Form::kSubnets:
      return "an object of networks, like {\"subnet-0a1b2c\": \"172.31.16.0/20\"}";
    case Form::kGroups:
      return "an object of groups, like {\"sg-0a1b2c\": {\"ingress\": [{\"protocol\": \"tcp\", "
             "\"ports\": 80, \"cidr\": \"0.0.0.0/0\"}]}}";
    case Form::kEfsFolders:
      return "an object of folders, like {\"fs-0123456789abcdef0\": \"/srv/data\"}";
    case Form::kAccessPoints:
      return "an object of access points as EFS describes them, like {\"fsap-0a1b2c\": "
             "{\"FileSystemId\": \"fs-0123456789abcdef0\", \"PosixUser\": {\"Uid\": 1000, "
             "\"Gid\": 1000}}}";
    case Form::kObjects:
      return "an object of files and folders, like {\"my-bucket/app.env\": \"/srv/app.env\", "
             "\"my-bucket/envs/\": \"/srv/envs\"}";
    case Form::kTargetGroups:
      return "an object of ports, each with a path to look at if the target speaks HTTP, like "
             "{\"web\": \"8080/health\"}";
    case Form::kUpstreams:
      return "an object of addresses, `aws` or `none`, like {\"sqs\": \"http://localhost:9324\", "
             "\"dynamodb\": \"none\"}";
    case Form::kOptionalText:
      return "a text";
    case Form::kNetwork6:
      return "an IPv6 network like fd00:1:2:3::/64, or empty";
    case Form::kRouter:
      return "image or builtin";
    case Form::kForward:
      return "aws, an address like http://127.0.0.1:4591, or empty";
    case Form::kAwsSource:
      return "none, profile or profile:NAME";
    case Form::kStorageLimit:
      return "auto, always or never";
    case Form::kTaskApi:
      return "none, sts or all";
    case Form::kEndpoint:
      return "local, an address like http://host.docker.internal:4566, or empty";
    case Form::kText:
      break;
  }
  return "a text that is not empty";
}

}  // namespace drydock::daemon
