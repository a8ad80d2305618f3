#include "irsa/sts/key_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/oidc/discovery.h"

#include "test/sts/fake_client.h"
#include "test/sts/test_issuer.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_file_reader.h"

namespace irsa::sts {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kDiscoveryUrl = "https://oidc.example.test/id/ABC/.well-known/openid-configuration";
constexpr const char* kKeysUrl = "https://keys.example.test/jwks";

struct Network {
  testing::FakeFileReader files;
  FakeClient client;
  testing::FakeClock clock;
  TestIssuer issuer;

  void Answer(const std::string& url, int status, std::string body) {
    http::ClientResponse response;
    response.status = status;
    response.body = std::move(body);
    client.answers.insert_or_assign(url, Result<http::ClientResponse>(response));
  }
  void AnswerDiscovery(const std::string& issuer_url) {
    Answer(kDiscoveryUrl, 200, oidc::WriteDiscovery({issuer_url, kKeysUrl, {"ES256"}}));
  }
  Result<oidc::JwkSet> Fetch(const std::string& jwks) { return FetchKeys({files, client, clock}, kIssuer, jwks); }
  Result<oidc::JwkSet> FetchUrl() { return Fetch(kKeysUrl); }
  Result<oidc::JwkSet> Discover() { return Fetch(""); }
};

TEST(FetchKeys, ReadsAFileAnewEachTime) {
  Network network;
  network.files.files["keys.json"] = network.issuer.jwks();
  EXPECT_EQ(network.Fetch("keys.json")->keys.size(), 1U);
  network.files.files["keys.json"] = R"({"keys": []})";
  EXPECT_EQ(network.Fetch("keys.json")->keys.size(), 0U);
  EXPECT_THAT(network.client.requests, IsEmpty());
}

TEST(FetchKeys, NamesTheFileInItsErrors) {
  Network network;
  EXPECT_EQ(network.Fetch("keys.json").error().code, ErrorCode::kNotFound);
  network.files.files["keys.json"] = "[]";
  EXPECT_EQ(network.Fetch("keys.json").error().code, ErrorCode::kInvalid);
  EXPECT_THAT(network.Fetch("keys.json").error().message, StartsWith("keys.json: "));
  network.files.files["keys.json"] = std::string((1 << 20) + 1, ' ');
  EXPECT_EQ(network.Fetch("keys.json").error(), (Error{ErrorCode::kTooLarge, "keys.json is too large"}));
}

TEST(FetchKeys, GetsThemFromAUrlWithinTheDeadline) {
  Network network;
  network.Answer(kKeysUrl, 200, network.issuer.jwks());
  EXPECT_EQ(network.FetchUrl()->keys.size(), 1U);
  EXPECT_EQ(network.client.requests.front().method, "GET");
  EXPECT_EQ(network.client.requests.front().headers,
            (http::Headers{{"Accept", "application/jwk-set+json, application/json"}}));
  EXPECT_EQ(network.client.requests.front().deadline, network.clock.SteadyNow() + kFetchTimeout);
  EXPECT_EQ(network.client.requests.front().max_body_bytes, 1U << 20);
}

TEST(FetchKeys, NamesTheUrlInItsErrors) {
  Network network;
  EXPECT_EQ(network.FetchUrl().error(),
            (Error{ErrorCode::kUnavailable, "https://keys.example.test/jwks: connection refused"}));
  network.Answer(kKeysUrl, 302, "");
  EXPECT_EQ(network.FetchUrl().error(),
            (Error{ErrorCode::kUnavailable, "https://keys.example.test/jwks answers with status 302"}));
  network.Answer(kKeysUrl, 200, "<html>");
  EXPECT_EQ(network.FetchUrl().error().code, ErrorCode::kMalformed);
  EXPECT_THAT(network.FetchUrl().error().message, StartsWith(kKeysUrl));
  EXPECT_EQ(network.Fetch("https://a b").error().code, ErrorCode::kInvalid);
}

TEST(FetchKeys, FollowsADiscoveryDocument) {
  Network network;
  network.AnswerDiscovery(kIssuer);
  network.Answer(kKeysUrl, 200, network.issuer.jwks());
  EXPECT_EQ(network.Discover()->keys.size(), 1U);
  ASSERT_EQ(network.client.requests.size(), 2U);
  EXPECT_EQ(network.client.requests[0].deadline, network.clock.SteadyNow() + kFetchTimeout);
  EXPECT_EQ(network.client.requests[1].deadline, network.clock.SteadyNow() + kFetchTimeout);
}

TEST(FetchKeys, SaysWhichStepOfDiscoveryFailed) {
  Network network;
  EXPECT_THAT(network.Discover().error().message, StartsWith(kDiscoveryUrl));
  network.Answer(kDiscoveryUrl, 404, "");
  EXPECT_THAT(network.Discover().error().message, HasSubstr("answers with status 404"));
  network.AnswerDiscovery("https://other.example.test");
  EXPECT_EQ(network.Discover().error().code, ErrorCode::kInvalid);
  EXPECT_THAT(network.Discover().error().message, HasSubstr("its issuer is \"https://other.example.test\""));
  network.AnswerDiscovery(kIssuer);
  EXPECT_THAT(network.Discover().error().message, StartsWith(kKeysUrl));
  EXPECT_EQ(FetchKeys({network.files, network.client, network.clock}, "http://x", "").error().code,
            ErrorCode::kInvalid);
}

}  // namespace
}  // namespace irsa::sts
