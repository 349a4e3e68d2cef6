#include "tests/integration/images/registry_fixture.h"

// Registries that lie, stall, cut and redirect: a server in this process plays them.
namespace drydock::images::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Credentials login() { return {"user", "pa:ss", ""}; }
const std::string kBasic = "Basic dXNlcjpwYTpzcw==";

std::size_t range_start(const Seen& seen) {
  const std::string range = seen.header("range");
  return range.empty() ? 0 : std::stoul(range.substr(6));
}

TEST(RudeRegistry, ACutBlobIsResumedWhereItBroke) {
  const TinyImage image = tiny_image(300'000);
  const RudeServer server([&](const Seen& seen, const Wire& wire) {
    const std::size_t from = range_start(seen);
    const std::string rest = image.layer.substr(from);
    const std::string head = from == 0 ? "HTTP/1.1 200 OK\r\n"
                                       : "HTTP/1.1 206 Partial\r\nContent-Range: bytes " +
                                             std::to_string(from) + "-" +
                                             std::to_string(image.layer.size() - 1) + "/" +
                                             std::to_string(image.layer.size()) + "\r\n";
    wire.raw(head + "Content-Length: " + std::to_string(rest.size()) + "\r\n\r\n" +
             rest.substr(0, 100'000));
  });
  const auto source = open_registry(test_options(), {});
  const auto bytes = fetch_blob(*source, reference(server.host() + "/app"), image.layer_blob);
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, image.layer);
  EXPECT_EQ(server.seen().size(), 3u);
  EXPECT_EQ(server.seen()[2].header("range"), "bytes=200000-");
}

TEST(RudeRegistry, AServerWithoutRangesIsReadAgainAndEachByteGivenOnce) {
  const TinyImage image = tiny_image(300'000);
  std::atomic<int> asked = 0;
  const RudeServer server([&](const Seen&, const Wire& wire) {
    wire.raw("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" +
             image.layer.substr(0, ++asked == 1 ? 120'000 : 300'000));
  });
  const auto source = open_registry(test_options(), {});
  const auto bytes = fetch_blob(*source, reference(server.host() + "/app"), image.layer_blob);
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, image.layer);
}

TEST(RudeRegistry, AStalledTransferIsTakenUpAgainAndInTheEndATimeout) {
  const TinyImage image = tiny_image(50'000);
  const RudeServer server([&](const Seen&, const Wire& wire) {
    wire.raw("HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\nsome");
    wire.stall();
  });
  Options options = test_options();
  options.stall_timeout = std::chrono::milliseconds(300);
  options.attempts = 2;
  const auto bytes =
      fetch_blob(*open_registry(options, {}), reference(server.host() + "/app"), image.layer_blob);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Errc::kTimeout) << bytes.error().message;
  EXPECT_EQ(server.seen().size(), 2u);
}

TEST(RudeRegistry, LiesAboutSizesAndDigestsAreFoundOut) {
  const TinyImage image = tiny_image(5'000);
  std::string answer;
  const RudeServer server([&](const Seen&, const Wire& wire) { wire.raw(answer); });
  const auto get = [&] {
    return fetch_blob(*open_registry(test_options(), {}), reference(server.host() + "/app"),
                      image.layer_blob);
  };
  const std::string other(5'000, 'x');
  for (const std::string& lie :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + other,
        "HTTP/1.1 200 OK\r\nContent-Length: 4999\r\n\r\n" + other.substr(1),
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + image.layer + "x",
        "HTTP/1.1 206 OK\r\nContent-Range: bytes 0-4999/5000\r\nContent-Length: 5000\r\n\r\n" +
            image.layer}) {
    answer = lie;
    const auto bytes = get();
    ASSERT_FALSE(bytes) << lie.substr(0, 80);
    EXPECT_EQ(bytes.error().code, Errc::kInvalid) << bytes.error().message;
  }
  answer = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + image.layer;
  EXPECT_TRUE(get());
}

TEST(RudeRegistry, AManifestWithAnotherDigestOrWithoutEndIsRefused) {
  const TinyImage image = tiny_image(10);
  const RudeServer server([&](const Seen& seen, const Wire& wire) {
    if (seen.target.find("/huge") != std::string::npos)
      wire.reply(200, std::string(5 << 20, ' '));
    else
      wire.reply(
          200, image.manifest + " ",
          {"Content-Type: " + std::string(kOciManifest), "Docker-Content-Digest: " + image.digest});
  });
  const auto source = open_registry(test_options(), {});
  for (const std::string& name : {"/app@" + image.digest, std::string("/app:huge")}) {
    const auto manifest = source->manifest(reference(server.host() + name), CancelFlag());
    ASSERT_FALSE(manifest) << name;
    EXPECT_EQ(manifest.error().code, Errc::kInvalid) << manifest.error().message;
  }
  const auto by_tag = source->manifest(reference(server.host() + "/app:1"), CancelFlag());
  ASSERT_TRUE(by_tag) << by_tag.error().message;
  EXPECT_NE(by_tag->digest, image.digest) << "the header is not believed";
}

TEST(RudeRegistry, AnEndlessHeadIsRefused) {
  const RudeServer server([&](const Seen&, const Wire& wire) {
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 20'000; ++i) head += "X-Header-Of-Some-Length: 0123456789\r\n";
    wire.raw(head + "\r\n");
  });
  const auto manifest = open_registry(test_options(), {})
                            ->manifest(reference(server.host() + "/app:1"), CancelFlag());
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, Errc::kInvalid) << manifest.error().message;
}

TEST(RudeRegistry, TooManyRequestsIsToldWithTheRegistrysWords) {
  const RudeServer server([&](const Seen&, const Wire& wire) {
    wire.reply(429, R"({"errors":[{"code":"TOOMANYREQUESTS","message":"pull limit reached"}]})",
               {"Retry-After: 3600"});
  });
  const auto manifest = open_registry(test_options(), {})
                            ->manifest(reference(server.host() + "/app:1"), CancelFlag());
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, Errc::kLimited);
  EXPECT_THAT(manifest.error().message, HasSubstr("pull limit reached"));
  EXPECT_THAT(manifest.error().message, HasSubstr("3600 seconds"));
  EXPECT_EQ(server.seen().size(), 1u) << "nobody waits an hour";
}

TEST(RudeRegistry, AShortLimitAndATemporaryErrorAreWaitedFor) {
  const TinyImage image = tiny_image(10);
  std::atomic<int> asked = 0;
  const RudeServer server([&](const Seen&, const Wire& wire) {
    const int turn = ++asked;
    if (turn == 1) return wire.reply(429, "", {"Retry-After: 0"});
    if (turn == 2) return wire.reply(503, "");
    wire.reply(200, image.manifest);
  });
  const auto manifest = open_registry(test_options(), {})
                            ->manifest(reference(server.host() + "/app:1"), CancelFlag());
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->digest, image.digest);
  EXPECT_EQ(server.seen().size(), 3u);
}

TEST(RudeRegistry, ARedirectToAnotherPortGetsNoCredentials) {
  const TinyImage image = tiny_image(1000);
  const RudeServer storage([&](const Seen&, const Wire& wire) { wire.reply(200, image.layer); });
  const RudeServer server([&](const Seen& seen, const Wire& wire) {
    if (seen.header("authorization").empty())
      return wire.reply(401, "", {"WWW-Authenticate: Basic realm=x"});
    if (seen.target == "/inner")
      return wire.reply(307, "", {"Location: " + storage.url() + "/b?sig=s3"});
    wire.reply(307, "", {"Location: /inner"});
  });
  const auto source = open_registry(test_options(), login());
  const auto bytes = fetch_blob(*source, reference(server.host() + "/app"), image.layer_blob);
  ASSERT_TRUE(bytes) << bytes.error().message;
  ASSERT_EQ(storage.seen().size(), 1u);
  EXPECT_EQ(storage.seen()[0].header("authorization"), "");
  EXPECT_EQ(storage.seen()[0].target, "/b?sig=s3");
  EXPECT_EQ(server.seen().back().header("authorization"), kBasic) << "at home they stay";
}

TEST(RudeRegistry, CredentialsDoNotComeBackAfterADetourNorAnswerAStrangersChallenge) {
  const TinyImage image = tiny_image(1000);
  std::string home;
  const RudeServer stranger([&](const Seen&, const Wire& wire) {
    wire.reply(401, "", {"WWW-Authenticate: Basic realm=x"});
  });
  const RudeServer server([&](const Seen& seen, const Wire& wire) {
    if (seen.header("authorization").empty())
      return wire.reply(401, "", {"WWW-Authenticate: Basic realm=x"});
    wire.reply(302, "", {"Location: " + stranger.url() + "/"});
  });
  const auto source = open_registry(test_options(), login());
  const auto bytes = fetch_blob(*source, reference(server.host() + "/app"), image.layer_blob);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Errc::kDenied);
  EXPECT_THAT(bytes.error().message, Not(HasSubstr("pa:ss")));
  ASSERT_EQ(stranger.seen().size(), 1u);
  EXPECT_EQ(stranger.seen()[0].header("authorization"), "");
}

TEST(RudeRegistry, RedirectsAreBoundedAndOnlyToTheWeb) {
  const TinyImage image = tiny_image(10);
  std::string location;
  const RudeServer server(
      [&](const Seen&, const Wire& wire) { wire.reply(302, "", {"Location: " + location}); });
  for (const char* bad :
       {"/again", "file:///etc/passwd", "http://registry.example/x", "gopher://x/"}) {
    location = bad;
    const auto bytes = fetch_blob(*open_registry(test_options(), {}),
                                  reference(server.host() + "/app"), image.layer_blob);
    ASSERT_FALSE(bytes) << bad;
    EXPECT_THAT(bytes.error().message, HasSubstr("redirect")) << bytes.error().message;
  }
  EXPECT_LE(server.seen().size(), 9u);
}

TEST(RudeRegistry, ABearerTokenIsFetchedOnceForAllAndRenewedOnceWhenRefused) {
  const TinyImage image = tiny_image(1000);
  std::atomic<int> tokens = 0;
  std::atomic<bool> revoked = false;
  const RudeServer issuer([&](const Seen& seen, const Wire& wire) {
    if (seen.header("authorization") != kBasic) return wire.reply(401, "");
    wire.reply(200, R"({"token":"t)" + std::to_string(++tokens) + R"(","expires_in":300})");
  });
  const RudeServer server([&](const Seen& seen, const Wire& wire) {
    const std::string want = revoked ? "Bearer t2" : "Bearer t1";
    if (seen.header("authorization") != want)
      return wire.reply(401, "",
                        {"WWW-Authenticate: Bearer realm=\"" + issuer.url() +
                         "/token?a=b\",service=\"s v\",scope=\"repository:app:pull\""});
    wire.reply(200, seen.target.find("blobs") == std::string::npos ? image.manifest : image.layer);
  });
  const auto source = open_registry(test_options(), login());
  const Reference from = reference(server.host() + "/app:1");
  ASSERT_TRUE(source->manifest(from, CancelFlag()));
  std::vector<std::thread> many;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i)
    many.emplace_back([&] { good += fetch_blob(*source, from, image.layer_blob).has_value(); });
  for (auto& one : many) one.join();
  EXPECT_EQ(good, 4);
  EXPECT_EQ(tokens, 1);
  EXPECT_EQ(
      issuer.seen()[0].target,
      "/token?a=b&service=s%20v&scope=repository%3Aapp%3Apull&client_id=drydock&account=user");
  revoked = true;
  EXPECT_TRUE(fetch_blob(*source, from, image.layer_blob));
  EXPECT_EQ(tokens, 2);
}

TEST(RudeRegistry, ARefusedTokenIsDeniedAndNotAskedForForever) {
  const RudeServer issuer(
      [&](const Seen&, const Wire& wire) { wire.reply(200, R"({"access_token":"useless"})"); });
  const RudeServer server([&](const Seen&, const Wire& wire) {
    wire.reply(401, R"({"errors":[{"code":"UNAUTHORIZED","message":"no right"}]})",
               {"WWW-Authenticate: Bearer realm=\"" + issuer.url() + "/t\",service=s"});
  });
  const auto manifest = open_registry(test_options(), {})
                            ->manifest(reference(server.host() + "/app:1"), CancelFlag());
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, Errc::kDenied);
  EXPECT_THAT(manifest.error().message, HasSubstr("no right"));
  EXPECT_THAT(manifest.error().message, HasSubstr("docker login"));
  EXPECT_EQ(issuer.seen().size(), 1u);
  EXPECT_THAT(issuer.seen()[0].target, HasSubstr("scope=repository%3Aapp%3Apull"));
}

TEST(RudeRegistry, AnIdentityTokenIsPostedAndNeverInAnAddress) {
  const TinyImage image = tiny_image(10);
  const RudeServer issuer(
      [&](const Seen&, const Wire& wire) { wire.reply(200, R"({"access_token":"t"})"); });
  const RudeServer server([&](const Seen& seen, const Wire& wire) {
    if (seen.header("authorization") == "Bearer t") return wire.reply(200, image.manifest);
    wire.reply(401, "", {"WWW-Authenticate: Bearer realm=\"" + issuer.url() + "/t\",service=s"});
  });
  const auto source = open_registry(test_options(), {"", "", "refresh+me"});
  ASSERT_TRUE(source->manifest(reference(server.host() + "/app:1"), CancelFlag()));
  const Seen asked = issuer.seen().at(0);
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.target, "/t");
  EXPECT_THAT(asked.body, HasSubstr("grant_type=refresh_token"));
  EXPECT_THAT(asked.body, HasSubstr("refresh_token=refresh%2Bme"));
}

TEST(RudeRegistry, AMirrorIsAskedFirstWithoutCredentialsAndItsFailureIsNoneOfThePulls) {
  const TinyImage image = tiny_image(100'000);
  const RudeServer mirror([&](const Seen& seen, const Wire& wire) {
    if (seen.target.find("/manifests/") != std::string::npos)
      return wire.reply(200, image.manifest);
    wire.raw("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + image.layer.substr(0, 40'000));
  });
  const RudeServer server([&](const Seen& seen, const Wire& wire) {
    const std::size_t from = range_start(seen);
    wire.reply(206, image.layer.substr(from),
               {"Content-Range: bytes " + std::to_string(from) + "-99999/100000"});
  });
  Options options = test_options();
  options.attempts = 1;
  options.mirrors[server.host()] = {"http://127.0.0.1:1", mirror.url() + "/prefix/"};
  const auto source = open_registry(options, login());
  const Reference from = reference(server.host() + "/app:1");
  ASSERT_TRUE(source->manifest(from, CancelFlag()));
  EXPECT_TRUE(server.seen().empty());
  EXPECT_EQ(mirror.seen()[0].target, "/prefix/v2/app/manifests/1");
  const auto bytes = fetch_blob(*source, from, image.layer_blob);
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, image.layer);
  EXPECT_EQ(server.seen().at(0).header("range"), "bytes=40000-");
  for (const auto& seen : mirror.seen()) EXPECT_EQ(seen.header("authorization"), "");
}

TEST(RudeRegistry, ACancelledTransferEndsWhileThePeerIsSilent) {
  const TinyImage image = tiny_image(1000);
  CancelFlag cancel;
  const RudeServer server([&](const Seen&, const Wire& wire) {
    cancel.set();
    wire.stall();
  });
  const auto source = open_registry(test_options(), {});
  const BlobSink sink = [](std::string_view) -> Status { return {}; };
  const auto done = source->blob(reference(server.host() + "/app"), image.layer_blob, sink, cancel);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::kCancelled);
}

TEST(RudeRegistry, TheSinksOwnErrorComesBackAsItIs) {
  const TinyImage image = tiny_image(1000);
  const RudeServer server([&](const Seen&, const Wire& wire) { wire.reply(200, image.layer); });
  const BlobSink full = [](std::string_view) { return fail_errno("write", ENOSPC); };
  const auto done =
      open_registry(test_options(), {})
          ->blob(reference(server.host() + "/app"), image.layer_blob, full, CancelFlag());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().sys, ENOSPC);
  EXPECT_EQ(server.seen().size(), 1u);
}

TEST(RudeRegistry, NobodyThereIsSaidAtOnce) {
  const auto manifest =
      open_registry(test_options(), {})->manifest(reference("127.0.0.1:1/app"), CancelFlag());
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, Errc::kTimeout) << manifest.error().message;
}

}  // namespace
}  // namespace drydock::images::registry
