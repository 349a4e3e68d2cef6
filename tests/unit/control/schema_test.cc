// Databases that other versions wrote. tests/golden/control/schema-<N>.sql is what a Drydock with
// schema N left: a cluster, a definition, a service, a stopped task, a log group, a setting.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/ids.h"
#include "control/control.h"
#include "control/store.h"

namespace drydock::control {
namespace {

class SchemaTest : public ::testing::Test {
 protected:
  SchemaTest()
      : folder(std::filesystem::temp_directory_path() / ("drydock-schema-" + random_hex(6))) {
    std::filesystem::create_directories(folder);
  }
  ~SchemaTest() override { std::filesystem::remove_all(folder); }

  std::string path() const { return folder / "drydock.db"; }
  static void run(const std::string& file, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  static std::string ask(const std::string& file, const std::string& sql) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    std::string answer;
    sqlite3_exec(
        db, sql.c_str(),
        [](void* out, int, char** values, char**) {
          *static_cast<std::string*>(out) += values[0] ? values[0] : "";
          return 0;
        },
        &answer, nullptr);
    sqlite3_close(db);
    return answer;
  }
  void write_schema(int number) {
    std::ifstream in(std::string(DRYDOCK_GOLDEN_DIR) + "/control/schema-" + std::to_string(number) +
                     ".sql");
    std::stringstream sql;
    sql << in.rdbuf();
    ASSERT_FALSE(sql.str().empty());
    run(path(), sql.str());
  }

  std::filesystem::path folder;
};

TEST_F(SchemaTest, WhatSchema1HeldIsThereAfterwards) {
  write_schema(1);
  {
    auto store = Store::open(path());
    ASSERT_TRUE(store) << store.error().message;
    Loop loop;
    Control control(loop, **store, {});
    ASSERT_TRUE(control.restore());
    EXPECT_EQ(control.clusters.size(), 1u);
    EXPECT_EQ(control.definitions.size(), 1u);
    const Caller caller{"us-east-1", "123456789012", ""};
    const auto cluster =
        control.clusters.describe(caller, {{"clusters", {"kept"}}, {"include", {"TAGS"}}});
    ASSERT_TRUE(cluster);
    EXPECT_EQ((*cluster)["clusters"][0]["tags"][0]["value"], "a");
    EXPECT_EQ((*cluster)["clusters"][0]["activeServicesCount"], 1);
    const auto web = control.definitions.describe(caller, {{"taskDefinition", "web"}});
    ASSERT_TRUE(web);
    EXPECT_EQ((*web)["taskDefinition"]["revision"], 1);
  }
  EXPECT_EQ(ask(path(), "PRAGMA user_version"), "2");
  EXPECT_EQ(ask(path(), "SELECT value FROM about WHERE name='written_by'"), DRYDOCK_VERSION);
}

TEST_F(SchemaTest, ACopyIsKeptBeforeAnythingChanges) {
  write_schema(1);
  ASSERT_TRUE(Store::open(path()));
  const std::string copy = path() + ".schema-1";
  EXPECT_EQ(ask(copy, "PRAGMA user_version"), "1");
  EXPECT_EQ(ask(copy, "SELECT count(*) FROM documents"),
            ask(path(), "SELECT count(*) FROM documents"));
  struct stat st {};
  ASSERT_EQ(::stat(copy.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777u, 0600u);
  std::filesystem::remove(copy);
  ASSERT_TRUE(Store::open(path()));
  EXPECT_FALSE(std::filesystem::exists(copy)) << "one of this schema needs no copy";
}

TEST_F(SchemaTest, AMigrationThatFailsLeavesTheOldOne) {
  write_schema(1);
  run(path(), "CREATE TABLE about (other TEXT)");  // as if somebody else had been here
  const auto opened = Store::open(path());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("about already exists"), std::string::npos)
      << opened.error().message;
  EXPECT_EQ(ask(path(), "PRAGMA user_version"), "1");
  EXPECT_EQ(ask(path(), "SELECT count(*) FROM documents WHERE kind='cluster'"), "1");
}

TEST_F(SchemaTest, ANewerOneIsNamedAndLeftAlone) {
  ASSERT_TRUE(Store::open(path()));
  run(path(), "PRAGMA user_version=99; UPDATE about SET value='7.1'");
  const auto opened = Store::open(path());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("it was written by Drydock 7.1"), std::string::npos)
      << opened.error().message;
  EXPECT_EQ(ask(path(), "SELECT value FROM about"), "7.1");
}

}  // namespace
}  // namespace drydock::control
