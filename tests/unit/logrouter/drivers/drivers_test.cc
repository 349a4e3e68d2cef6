#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <future>

#include "base/files.h"
#include "logrouter/deflate.h"
#include "logrouter/drivers.h"
#include "logrouter/drivers/drivers_made.h"

namespace drydock::logrouter {
namespace {

using ::testing::HasSubstr;

LogSource source(LogOptions options = {}) {
  LogSource s;
  s.container = "web";
  s.runtime_id = "0123456789abcdef0123456789abcdef-1234567890";
  s.image = "shop/web:1";
  s.labels = {{"team", "a"}, {"other", "b"}};
  s.environment = {{"COLOUR", "red"}};
  s.log_options = std::move(options);
  return s;
}

std::string problem(const std::string& driver, const LogOptions& options) {
  const auto checked = taskdef::check_log_options(driver, options);
  return checked ? "" : checked.error().message;
}

TEST(LogDrivers, OptionsAreCheckedByName) {
  EXPECT_EQ(problem("syslog", {}), "");
  EXPECT_EQ(problem("syslog", {{"syslog-facility", "23"}, {"mode", "non-blocking"}}), "");
  EXPECT_THAT(problem("syslog", {{"syslog-facility", "24"}}), HasSubstr("\"24\""));
  EXPECT_THAT(problem("syslog", {{"syslog-format", "x"}}), HasSubstr("one of rfc3164, rfc5424"));
  EXPECT_THAT(problem("syslog", {{"syslog-address", "tcp+tls://x:1"}}), HasSubstr("tcp+tls://x:1"));
  EXPECT_EQ(problem("gelf", {{"gelf-address", "udp://[::1]:12201"}}), "");
  EXPECT_THAT(problem("gelf", {{"gelf-address", "udp://x:y"}}), HasSubstr("udp://x:y"));
  EXPECT_EQ(problem("fluentd", {{"fluentd-address", "unix:///run/x.sock"}}), "");
  EXPECT_THAT(problem("fluentd", {{"fluentd-request-ack", "true"}}), HasSubstr("leave it out"));
  EXPECT_THAT(problem("splunk", {{"splunk-url", "https://x:8088"}}),
              HasSubstr("splunk-token is expected"));
  EXPECT_THAT(problem("splunk", {{"splunk-url", "https://x:8088/path"}, {"splunk-token", "t"}}),
              HasSubstr("expected format"));
  EXPECT_THAT(problem("journald", {{"journald-x", "1"}}),
              HasSubstr("unknown log opt 'journald-x'"));
  EXPECT_THAT(problem("syslog", {{"syslog-x", "1"}}),
              HasSubstr("(it has syslog-address, syslog-facility, syslog-format, mode, "));
  EXPECT_THAT(problem("syslog", {{"syslog-tls-cert", "/x"}}), HasSubstr("there is no TLS"));
  EXPECT_THAT(problem("awslogs", {{"awslogs-colour", "red"}}), HasSubstr("'awslogs-colour'"));
  EXPECT_THAT(problem("awslogs", {{"mode", "sometimes"}}), HasSubstr("'sometimes'"));
  EXPECT_EQ(problem("json-file", {{"anything", "1"}}), "");
  EXPECT_EQ(driver_named("json-file"), nullptr);
}

TEST(LogDrivers, ATagIsFilledIn) {
  EXPECT_EQ(*log_tag(source()), "0123456789ab");
  EXPECT_EQ(*log_tag(source({{"tag", "{{.ImageName}}/{{ .Name }}/{{.FullID}} {{"}})),
            "shop/web:1/web/0123456789abcdef0123456789abcdef-1234567890 {{");
  EXPECT_FALSE(log_tag(source({{"tag", "{{.Nothing}}"}})));
}

TEST(LogDrivers, LabelsAndVariablesThatAreNamedGoAlong) {
  EXPECT_THAT(extra_attributes(source({{"labels", "team,none"}, {"env", "COLOUR"}})),
              testing::ElementsAre(testing::Pair("COLOUR", "red"), testing::Pair("team", "a")));
}

// A journal that listens where a test says, and one batch sent there.
class Journald : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/drydock-journald-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::strcpy(at.sun_path, path().c_str());
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(folder_)); }
  std::string path() const { return folder_ + "/socket"; }

  Answer send(const std::vector<std::string>& lines) {
    Loop loop;
    Lanes lanes;
    auto made = make_journald_at(path(), {&loop, &lanes}, source({{"labels", "team"}}));
    EXPECT_TRUE(made);
    auto batch = std::make_shared<Batch>();
    for (const auto& line : lines) {
      Entry entry;
      entry.text = line;
      entry.stream = Stream::kStderr;
      batch->entries.push_back(entry);
    }
    Answer answer;
    (*made)->deliver(batch, [&](Answer given) {
      answer = std::move(given);
      loop.stop();
    });
    loop.run();
    return answer;
  }
  // One message: its bytes, or those of the file that came instead.
  std::string receive() {
    std::string text(1u << 20, '\0');
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec part{text.data(), text.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t n = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    const cmsghdr* rights = CMSG_FIRSTHDR(&header);
    if (!rights) return text;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    const UniqueFd file(fd);
    return read_file("/proc/self/fd/" + std::to_string(file.get()), 8u << 20).value_or("");
  }
  std::string folder_;
  UniqueFd socket_;
};

TEST_F(Journald, GetsTheFieldsOfDockersDriver) {
  EXPECT_EQ(send({"hello"}).kind, Answer::Kind::kAccepted);
  const std::string text = receive();
  for (const char* field : {"CONTAINER_ID=0123456789ab\n", "CONTAINER_NAME=web\n", "TEAM=a\n",
                            "MESSAGE=hello\n", "PRIORITY=3\n", "IMAGE_NAME=shop/web:1\n"})
    EXPECT_THAT(text, HasSubstr(field));
}

TEST_F(Journald, ALineThatNoDatagramHoldsComesAsAFile) {
  const std::string line(900000, 'x');
  EXPECT_EQ(send({line}).kind, Answer::Kind::kAccepted);
  EXPECT_THAT(receive(), HasSubstr("MESSAGE=" + line + "\n"));
}

TEST_F(Journald, WhereNobodyListensItWaits) {
  socket_.reset();
  EXPECT_EQ(send({"hello"}).kind, Answer::Kind::kLater);
}

}  // namespace
}  // namespace drydock::logrouter
