#include <gmock/gmock.h>

#include "secrets/vault.h"
#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr const char* kToken = "11111111-2222-3333-4444-555555555555";
constexpr const char* kOther = "99999999-2222-3333-4444-555555555555";

class VaultTest : public testing::ApiTest {
 protected:
  VaultTest() { open(); }
  ~VaultTest() override { plane.reset(); }

  void open() {
    vault_ = std::move(secrets::Vault::open(folder + "/secrets").value());
    plane->context->vault = vault_.get();
  }
  testing::Reply ask(const std::string& target, const Json& input, const std::string& scope = "") {
    http::Request r;
    r.method = "POST";
    r.target = r.path = "/";
    r.headers = {{"x-amz-target", target}};
    if (!scope.empty())
      r.headers.emplace_back("Authorization",
                             "AWS4-HMAC-SHA256 Credential=" + scope +
                                 "/secretsmanager/aws4_request, SignedHeaders=host");
    r.body = input.dump();
    return send(r);
  }
  testing::Reply sm(const std::string& operation, const Json& input,
                    const std::string& scope = "") {
    return ask("secretsmanager." + operation, input, scope);
  }
  testing::Reply ssm(const std::string& operation, const Json& input) {
    return ask("AmazonSSM." + operation, input);
  }
  void make(const std::string& name, const std::string& text) {
    ASSERT_EQ(sm("CreateSecret", {{"Name", name}, {"SecretString", text}}).status, 200);
  }
  std::string text_of(const Json& input) {
    return json_string(sm("GetSecretValue", input).body, "SecretString");
  }
  void put(const std::string& name, const std::string& value, const std::string& type = "String") {
    ASSERT_EQ(
        ssm("PutParameter", {{"Name", name}, {"Value", value}, {"Type", type}, {"Overwrite", true}})
            .status,
        200);
  }

  std::unique_ptr<secrets::Vault> vault_;
};

TEST_F(VaultTest, KeepsASecretAndItsVersions) {
  const auto made = sm("CreateSecret", {{"Name", "app/db"},
                                        {"SecretString", "one"},
                                        {"ClientRequestToken", kToken},
                                        {"Description", "d"},
                                        {"Tags", {{{"Key", "k"}, {"Value", "v"}}}}});
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.body["VersionId"], kToken);
  const std::string arn = json_string(made.body, "ARN");
  EXPECT_THAT(arn, MatchesRegex("arn:aws:secretsmanager:us-east-1:123456789012:secret:app/"
                                "db-[A-Za-z0-9]{6}"));
  const auto put_again =
      sm("PutSecretValue",
         {{"SecretId", arn}, {"SecretString", "two"}, {"ClientRequestToken", kOther}});
  EXPECT_EQ(put_again.body["VersionStages"], Json({"AWSCURRENT"}));
  EXPECT_EQ(text_of({{"SecretId", "app/db"}}), "two");
  EXPECT_EQ(text_of({{"SecretId", arn}, {"VersionStage", "AWSPREVIOUS"}}), "one");
  EXPECT_EQ(text_of({{"SecretId", arn}, {"VersionId", kToken}}), "one");
  EXPECT_EQ(sm("GetSecretValue",
               {{"SecretId", arn}, {"VersionId", kToken}, {"VersionStage", "AWSCURRENT"}})
                .message(),
            "You provided a VersionStage that is not associated to the provided VersionId.");
  const Json described = sm("DescribeSecret", {{"SecretId", "app/db"}}).body;
  EXPECT_EQ(described["VersionIdsToStages"],
            Json({{kToken, {"AWSPREVIOUS"}}, {kOther, {"AWSCURRENT"}}}));
  EXPECT_EQ(described["Tags"], Json::array({{{"Key", "k"}, {"Value", "v"}}}));
  EXPECT_TRUE(described["CreatedDate"].is_number());
  // It survives the daemon.
  open();
  EXPECT_EQ(text_of({{"SecretId", arn}}), "two");
}

TEST_F(VaultTest, AnswersTheSameCallAgainWithoutASecondVersion) {
  const Json input = {{"Name", "a"}, {"SecretString", "x"}, {"ClientRequestToken", kToken}};
  const auto first = sm("CreateSecret", input);
  const auto again = sm("CreateSecret", input);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  Json other = input;
  other["SecretString"] = "y";
  EXPECT_EQ(sm("CreateSecret", other).type(), "ResourceExistsException");
  EXPECT_EQ(sm("CreateSecret", other).message(),
            "The operation failed because the secret a already exists.");
  const auto clash = sm("PutSecretValue",
                        {{"SecretId", "a"}, {"SecretString", "y"}, {"ClientRequestToken", kToken}});
  EXPECT_EQ(clash.type(), "ResourceExistsException");
  EXPECT_THAT(clash.message(), HasSubstr("already in use for a version of secret"));
}

TEST_F(VaultTest, RefusesInTheWordsOfTheService) {
  make("a", "x");
  const std::vector<std::tuple<const char*, Json, const char*, const char*>> cases = {
      {"GetSecretValue",
       {{"SecretId", "none"}},
       "ResourceNotFoundException",
       "Secrets Manager can't find the specified secret."},
      {"GetSecretValue",
       {{"SecretId", "a"}, {"VersionStage", "NOPE"}},
       "ResourceNotFoundException",
       "Secrets Manager can't find the specified secret value for staging label: NOPE"},
      {"CreateSecret", {{"Name", "a b"}}, "ValidationException", "Invalid name."},
      {"CreateSecret",
       {{"Name", "b"}, {"SecretString", "x"}, {"SecretBinary", "eA=="}},
       "InvalidParameterException",
       "You can't specify both a binary secret value and a string secret value"},
      {"CreateSecret",
       {{"Name", "b"}, {"SecretString", "x"}, {"ClientRequestToken", "short"}},
       "InvalidParameterException",
       "ClientRequestToken must be 32-64 characters long."},
      {"CreateSecret",
       {{"Name", "b"}, {"SecretString", std::string(65537, 'x')}},
       "ValidationException",
       "65537"},
      {"PutSecretValue",
       {{"SecretId", "a"}},
       "InvalidRequestException",
       "You must provide either SecretString or SecretBinary."},
      {"GetSecretValue", Json::object(), "ValidationException", "Value null at 'secretId'"},
      {"DeleteSecret",
       {{"SecretId", "a"}, {"RecoveryWindowInDays", 3}},
       "InvalidParameterException",
       "between 7 and 30 days"},
      {"DeleteSecret",
       {{"SecretId", "a"}, {"RecoveryWindowInDays", 7}, {"ForceDeleteWithoutRecovery", true}},
       "InvalidParameterException",
       "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."},
      {"RotateSecret", {{"SecretId", "a"}}, "UnsupportedFeatureException", "RotateSecret"},
      {"ListSecrets", {{"NextToken", "x"}}, "InvalidNextTokenException", ""},
      {"PutResourcePolicy",
       {{"SecretId", "a"}, {"ResourcePolicy", "{"}},
       "MalformedPolicyDocumentException",
       ""}};
  for (const auto& [operation, input, code, text] : cases) {
    const auto answer = sm(operation, input);
    EXPECT_EQ(answer.type(), code) << operation << answer.body;
    EXPECT_THAT(answer.message(), HasSubstr(text));
    EXPECT_EQ(answer.status, 400);
  }
}

TEST_F(VaultTest, MovesLabelsBetweenVersions) {
  ASSERT_EQ(
      sm("CreateSecret", {{"Name", "a"}, {"SecretString", "1"}, {"ClientRequestToken", kToken}})
          .status,
      200);
  ASSERT_EQ(sm("PutSecretValue", {{"SecretId", "a"},
                                  {"SecretString", "2"},
                                  {"ClientRequestToken", kOther},
                                  {"VersionStages", {"NEW"}}})
                .status,
            200);
  EXPECT_EQ(text_of({{"SecretId", "a"}}), "1");
  EXPECT_EQ(sm("UpdateSecretVersionStage",
               {{"SecretId", "a"}, {"VersionStage", "AWSCURRENT"}, {"MoveToVersionId", kOther}})
                .message(),
            std::string("The parameter RemoveFromVersionId can't be empty. Staging label "
                        "AWSCURRENT is currently attached to version ") +
                kToken + ", so you must explicitly reference that version in RemoveFromVersionId.");
  EXPECT_EQ(sm("UpdateSecretVersionStage", {{"SecretId", "a"},
                                            {"VersionStage", "AWSCURRENT"},
                                            {"MoveToVersionId", kOther},
                                            {"RemoveFromVersionId", kToken}})
                .status,
            200);
  EXPECT_EQ(text_of({{"SecretId", "a"}}), "2");
  EXPECT_EQ(text_of({{"SecretId", "a"}, {"VersionStage", "AWSPREVIOUS"}}), "1");
  EXPECT_EQ(sm("UpdateSecretVersionStage",
               {{"SecretId", "a"}, {"VersionStage", "NEW"}, {"RemoveFromVersionId", kOther}})
                .status,
            200);
  const Json versions = sm("ListSecretVersionIds", {{"SecretId", "a"}, {"MaxResults", 1}}).body;
  EXPECT_EQ(versions["Versions"][0]["VersionStages"], Json({"AWSCURRENT"}));
  EXPECT_TRUE(versions.contains("NextToken"));
}

TEST_F(VaultTest, DeletesWithAndWithoutARecoveryWindow) {
  make("a", "x");
  EXPECT_EQ(sm("DeleteSecret", {{"SecretId", "a"}, {"RecoveryWindowInDays", 7}}).status, 200);
  EXPECT_EQ(sm("GetSecretValue", {{"SecretId", "a"}}).type(), "InvalidRequestException");
  EXPECT_THAT(sm("CreateSecret", {{"Name", "a"}}).message(),
              HasSubstr("already scheduled for deletion"));
  EXPECT_TRUE(sm("DescribeSecret", {{"SecretId", "a"}}).body.contains("DeletedDate"));
  EXPECT_TRUE(sm("ListSecrets", Json::object()).body["SecretList"].empty());
  EXPECT_EQ(sm("ListSecrets", {{"IncludePlannedDeletion", true}}).body["SecretList"].size(), 1U);
  EXPECT_EQ(sm("RestoreSecret", {{"SecretId", "a"}}).status, 200);
  EXPECT_EQ(text_of({{"SecretId", "a"}}), "x");
  EXPECT_EQ(sm("DeleteSecret", {{"SecretId", "a"}, {"ForceDeleteWithoutRecovery", true}}).status,
            200);
  EXPECT_EQ(sm("DescribeSecret", {{"SecretId", "a"}}).type(), "ResourceNotFoundException");
  EXPECT_EQ(sm("DeleteSecret", {{"SecretId", "a"}, {"ForceDeleteWithoutRecovery", true}}).status,
            200)
      << "there is nothing to remove, and that is no error";
  EXPECT_EQ(sm("CreateSecret", {{"Name", "a"}}).status, 200);
}

TEST_F(VaultTest, ListsWhatFiltersSelect) {
  for (const char* name : {"prod/db", "prod/key", "test/db"}) make(name, "x");
  sm("TagResource", {{"SecretId", "test/db"}, {"Tags", {{{"Key", "team"}, {"Value", "shop"}}}}});
  const auto names = [&](const Json& filters) {
    std::set<std::string> found;
    const Json body = sm("ListSecrets", {{"Filters", filters}}).body;
    for (const Json& one : body["SecretList"]) found.insert(json_string(one, "Name"));
    return found;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(names({{{"Key", "name"}, {"Values", {"prod/"}}}}), (Names{"prod/db", "prod/key"}));
  EXPECT_EQ(names({{{"Key", "name"}, {"Values", {"!prod/"}}}}), (Names{"test/db"}));
  EXPECT_EQ(names({{{"Key", "tag-value"}, {"Values", {"shop"}}}}), (Names{"test/db"}));
  EXPECT_EQ(names({{{"Key", "all"}, {"Values", {"KEY"}}}}), (Names{"prod/key"}));
  EXPECT_EQ(names({{{"Key", "name"}, {"Values", {"prod/"}}}, {{"Key", "all"}, {"Values", {"db"}}}}),
            (Names{"prod/db"}));
  const Json batch = sm("BatchGetSecretValue", {{"SecretIdList", {"prod/db", "none"}}}).body;
  EXPECT_EQ(batch["SecretValues"][0]["Name"], "prod/db");
  EXPECT_EQ(batch["Errors"][0]["ErrorCode"], "ResourceNotFoundException");
  const Json page = sm("BatchGetSecretValue",
                       {{"Filters", {{{"Key", "name"}, {"Values", {"p"}}}}}, {"MaxResults", 1}})
                        .body;
  EXPECT_EQ(page["SecretValues"].size(), 1U);
  EXPECT_TRUE(page.contains("NextToken"));
}

TEST_F(VaultTest, KeepsRegionsAndAccountsApart) {
  make("a", "here");
  EXPECT_EQ(sm("GetSecretValue", {{"SecretId", "a"}}, "AKID/20260101/eu-west-1").type(),
            "ResourceNotFoundException");
  EXPECT_EQ(sm("GetSecretValue", {{"SecretId", "a"}}, "999999999999/20260101/us-east-1").type(),
            "ResourceNotFoundException");
  EXPECT_EQ(sm("GetSecretValue", {{"SecretId", "a"}}, "AKID/20260101/us-east-1").status, 200);
}

TEST_F(VaultTest, MakesPasswordsThatKeepTheRules) {
  const auto made =
      sm("GetRandomPassword",
         {{"PasswordLength", 12}, {"ExcludePunctuation", true}, {"ExcludeCharacters", "abc"}});
  const std::string password = json_string(made.body, "RandomPassword");
  EXPECT_THAT(password, MatchesRegex("[A-Zd-z0-9]{12}"));
  EXPECT_NE(password.find_first_of("0123456789"), std::string::npos);
  EXPECT_EQ(sm("GetRandomPassword", {{"PasswordLength", 3}}).type(), "InvalidParameterException");
}

TEST_F(VaultTest, KeepsAParameterAndItsVersions) {
  put("/app/key", "one");
  put("/app/key", "two", "SecureString");
  const auto shown = [&](const std::string& name, bool decrypted) {
    return ssm("GetParameter", {{"Name", name}, {"WithDecryption", decrypted}}).body["Parameter"];
  };
  EXPECT_EQ(shown("/app/key", true)["Value"], "two");
  EXPECT_EQ(shown("/app/key", true)["Version"], 2);
  EXPECT_EQ(shown("/app/key", true)["ARN"], "arn:aws:ssm:us-east-1:123456789012:parameter/app/key");
  EXPECT_THAT(shown("/app/key", false)["Value"].get<std::string>(),
              ::testing::Not(HasSubstr("two")));
  EXPECT_EQ(shown("/app/key:1", false)["Value"], "one");
  EXPECT_EQ(shown("/app/key:1", false)["Selector"], ":1");
  EXPECT_EQ(ssm("LabelParameterVersion",
                {{"Name", "/app/key"}, {"ParameterVersion", 1}, {"Labels", {"good", "1bad"}}})
                .body["InvalidLabels"],
            Json({"1bad"}));
  EXPECT_EQ(shown("/app/key:good", true)["Value"], "one");
  EXPECT_EQ(shown("arn:aws:ssm:us-east-1:123456789012:parameter/app/key", true)["Value"], "two");
  const Json history = ssm("GetParameterHistory", {{"Name", "/app/key"}}).body["Parameters"];
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0]["Labels"], Json({"good"}));
  EXPECT_EQ(history[0]["Value"], "one");
  const Json several = ssm("GetParameters", {{"Names", {"/app/key", "/none", "/app/key:9"}}}).body;
  EXPECT_EQ(several["Parameters"].size(), 1U);
  EXPECT_EQ(several["InvalidParameters"], Json({"/none", "/app/key:9"}));
  open();
  EXPECT_EQ(shown("/app/key:good", true)["Value"], "one");
}

TEST_F(VaultTest, RefusesParametersInTheWordsOfTheService) {
  put("/a", "x");
  const auto refused = [&](const Json& more) {
    Json input = {{"Name", "/b"}, {"Value", "v"}, {"Type", "String"}};
    for (const auto& [key, value] : more.items()) input[key] = value;
    return ssm("PutParameter", input);
  };
  EXPECT_EQ(refused({{"Name", "/a"}}).type(), "ParameterAlreadyExists");
  EXPECT_EQ(refused({{"Name", "a/b"}}).message(), "Parameter name must be a fully qualified name");
  EXPECT_EQ(refused({{"Name", "/ssm/b"}}).type(), "ValidationException");
  EXPECT_EQ(refused({{"Name", "/aws/b"}}).type(), "AccessDeniedException");
  EXPECT_EQ(refused({{"Type", nullptr}}).message(),
            "A parameter type is required when you create a parameter.");
  EXPECT_THAT(refused({{"Value", std::string(4097, 'x')}}).message(),
              HasSubstr("Standard tier parameters support a maximum parameter value of 4096"));
  EXPECT_EQ(
      refused({{"Value", std::string(4097, 'x')}, {"Tier", "Intelligent-Tiering"}}).body["Tier"],
      "Advanced");
  EXPECT_EQ(refused({{"Name", "/c"}, {"AllowedPattern", "[0-9]+"}}).type(),
            "ParameterPatternMismatchException");
  EXPECT_THAT(refused({{"Overwrite", true}, {"Tags", {{{"Key", "k"}, {"Value", "v"}}}}}).message(),
              HasSubstr("tags and overwrite can't be used together"));
  EXPECT_EQ(ssm("GetParameter", {{"Name", "/none"}}).type(), "ParameterNotFound");
  EXPECT_THAT(ssm("GetParameter", {{"Name", "/a:7"}}).message(),
              HasSubstr("Systems Manager could not find version 7 of /a."));
  EXPECT_EQ(
      ssm("DescribeParameters", {{"ParameterFilters", {{{"Key", "Nope"}, {"Values", {"x"}}}}}})
          .type(),
      "InvalidFilterKey");
  EXPECT_EQ(ssm("DescribeInstanceInformation", Json::object()).type(),
            "UnsupportedFeatureException");
}

TEST_F(VaultTest, ListsParametersByPathAndFilter) {
  for (const char* name : {"/app/a", "/app/deep/b", "/other", "plain"}) put(name, "x");
  const auto names = [&](const char* operation, const Json& input) {
    std::set<std::string> found;
    const Json body = ssm(operation, input).body;
    for (const Json& one : body["Parameters"]) found.insert(json_string(one, "Name"));
    return found;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/app"}}), (Names{"/app/a"}));
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/app/"}, {"Recursive", true}}),
            (Names{"/app/a", "/app/deep/b"}));
  EXPECT_EQ(names("GetParametersByPath", {{"Path", "/"}}), (Names{"/other", "plain"}));
  const auto filtered = [&](const Json& filter) {
    return names("DescribeParameters", {{"ParameterFilters", Json::array({filter})}});
  };
  EXPECT_EQ(filtered({{"Key", "Name"}, {"Values", {"/other"}}}), (Names{"/other"}));
  EXPECT_EQ(filtered({{"Key", "Name"}, {"Option", "Contains"}, {"Values", {"deep"}}}),
            (Names{"/app/deep/b"}));
  EXPECT_EQ(filtered({{"Key", "Type"}, {"Values", {"SecureString"}}}), Names{});
  ssm("AddTagsToResource", {{"ResourceType", "Parameter"},
                            {"ResourceId", "/other"},
                            {"Tags", {{{"Key", "team"}, {"Value", "shop"}}}}});
  EXPECT_EQ(filtered({{"Key", "tag:team"}, {"Values", {"shop"}}}), (Names{"/other"}));
  EXPECT_EQ(ssm("ListTagsForResource", {{"ResourceType", "Parameter"}, {"ResourceId", "/other"}})
                .body["TagList"],
            Json::array({{{"Key", "team"}, {"Value", "shop"}}}));
  const Json page = ssm("DescribeParameters", {{"MaxResults", 3}}).body;
  EXPECT_EQ(page["Parameters"].size(), 3U);
  EXPECT_EQ(ssm("DescribeParameters", {{"MaxResults", 3}, {"NextToken", page["NextToken"]}})
                .body["Parameters"]
                .size(),
            1U);
  EXPECT_EQ(ssm("DeleteParameters", {{"Names", {"/other", "/none"}}}).body["InvalidParameters"],
            Json({"/none"}));
}

TEST_F(VaultTest, ReadsASecretAsAParameter) {
  make("app/db", "s");
  const Json found = ssm("GetParameter", {{"Name", "/aws/reference/secretsmanager/app/db"},
                                          {"WithDecryption", true}})
                         .body["Parameter"];
  EXPECT_EQ(found["Value"], "s");
  EXPECT_EQ(ssm("GetParameter", {{"Name", "/aws/reference/secretsmanager/app/db"}}).type(),
            "ValidationException");
}

}  // namespace
}  // namespace drydock::api
