#include "src/cli/explain/live_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/oidc/discovery.h"

#include "test/kube/fake_object_store.h"
#include "test/sts/test_issuer.h"

namespace irsa::cli {
namespace {

using kube::ApiAnswer;
using kube::ApiRequest;
using kube::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kPath = "/api/v1/namespaces/shop/serviceaccounts/cart";
constexpr const char* kRoleArn = "arn:aws:iam::111122223333:role/s3-reader";
const base::SteadyTime kDeadline{std::chrono::hours(2)};

// An apiserver with one service account, whose token is "a.b.c".
class LiveAccountTest : public ::testing::Test {
 protected:
  LiveAccountTest() {
    api_.before = [this](const ApiRequest& request) -> std::optional<Result<ApiAnswer>> {
      if (TextOf(request.verb).method == "GET") reads_.push_back(request);
      if (const auto answer = answers_.find(request.path); answer != answers_.end()) return answer->second;
      if (TextOf(request.verb).method != "POST") return std::nullopt;
      spec_ = Json::parse(request.body)["spec"];
      return ApiAnswer{201, R"({"status": {"token": "a.b.c"}})", {}};
    };
  }
  void Annotate(const Json& annotations) { api_.Put(kPath, {{"metadata", {{"annotations", annotations}}}}); }
  void Answer(std::string_view path, int status, std::string body) {
    answers_.insert_or_assign(std::string(path), ApiAnswer{status, std::move(body), {}});
  }
  Result<LiveAccount> Read(const std::string& role_arn = "", const identity::Settings& settings = {}) {
    return ReadLiveAccount(api_, {"shop", "cart"}, role_arn, settings, kDeadline);
  }

  kube::FakeObjectStore api_;
  std::map<std::string, ApiAnswer> answers_;
  Json spec_;  // of the last token request
  std::vector<ApiRequest> reads_;
};

TEST_F(LiveAccountTest, RequestsTheTokenThatTheWebhookWouldHaveMade) {
  Annotate({{"eks.amazonaws.com/role-arn", kRoleArn}});
  const auto live = Read();
  EXPECT_EQ(live->token, "a.b.c");
  EXPECT_EQ(live->role_arn, kRoleArn);
  EXPECT_THAT(live->notices, IsEmpty());
  EXPECT_EQ(spec_, (Json{{"audiences", {"sts.amazonaws.com"}}, {"expirationSeconds", 86400}}));
}

TEST_F(LiveAccountTest, FollowsTheAnnotationsAndSettings) {
  Annotate({{"example.test/role-arn", kRoleArn},
            {"example.test/audience", "mine"},
            {"example.test/token-expiration", "900"},
            {"eks.amazonaws.com/role-arn", "arn:aws:iam::111122223333:role/other"}});
  identity::Settings settings;
  settings.annotation_prefix = "example.test";
  EXPECT_EQ(Read("", settings)->role_arn, kRoleArn);
  EXPECT_EQ(spec_, (Json{{"audiences", {"mine"}}, {"expirationSeconds", 900}}));

  settings.token_audience = "theirs";
  settings.token_expiration = std::chrono::seconds(7200);
  Annotate({{"example.test/role-arn", kRoleArn}});
  ASSERT_TRUE(Read("", settings).ok());
  EXPECT_EQ(spec_, (Json{{"audiences", {"theirs"}}, {"expirationSeconds", 7200}}));
}

TEST_F(LiveAccountTest, TakesTheRoleItIsGiven) {
  Annotate(
      {{"eks.amazonaws.com/role-arn", "arn:aws:iam::111122223333:role/other"}, {"eks.amazonaws.com/audience", "mine"}});
  EXPECT_EQ(Read(kRoleArn)->role_arn, kRoleArn);
  EXPECT_EQ(spec_["audiences"], Json({"mine"}));
  Annotate(Json::object());
  EXPECT_EQ(Read(kRoleArn)->role_arn, kRoleArn);
}

TEST_F(LiveAccountTest, PassesTheWarningsOfAnnotationsOn) {
  Annotate({{"eks.amazonaws.com/role-arn", kRoleArn}, {"eks.amazonaws.com/token-expiration", "soon"}});
  EXPECT_THAT(Read()->notices, ElementsAre(HasSubstr("token-expiration")));
}

TEST_F(LiveAccountTest, SaysWhichAnnotationWasProbablyMeant) {
  Annotate({{"eks.amazonaws.com/role-arm", kRoleArn}});
  const auto live = Read();
  EXPECT_EQ(live.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(live.error().message,
              HasSubstr("service account shop/cart has no annotation eks.amazonaws.com/role-arn, so its pods get no "
                        "role; "));
  EXPECT_THAT(live.error().message, HasSubstr("role-arm"));
  EXPECT_THAT(live.error().message, HasSubstr("; annotate it, or pass --role-arn"));
}

TEST_F(LiveAccountTest, ComposesARoleThatIsNamedWithoutItsArn) {
  Annotate({{"eks.amazonaws.com/role-arn", "shop/cart"}});
  const auto as_is = Read();
  EXPECT_EQ(as_is->role_arn, "shop/cart");
  EXPECT_THAT(as_is->notices, ElementsAre(HasSubstr("is not arn:aws:iam::ACCOUNT:role/NAME; used as is"),
                                          HasSubstr("if irsa serve runs with --compose-role-arn")));
  identity::Settings settings;
  settings.composition = {true, "aws-cn", "111122223333"};
  const auto composed = Read("", settings);
  EXPECT_EQ(composed->role_arn, "arn:aws-cn:iam::111122223333:role/shop/cart");
  EXPECT_THAT(composed->notices, IsEmpty());
  EXPECT_EQ(Read("cart", settings)->role_arn, "arn:aws-cn:iam::111122223333:role/cart");
}

TEST_F(LiveAccountTest, TakesTheDefaultRoleOfTheNamespace) {
  Annotate({{"eks.amazonaws.com/audience", "mine"}});
  EXPECT_EQ(Read().error().code, ErrorCode::kNotFound) << "there is no such namespace";
  api_.Put("/api/v1/namespaces/shop",
           {{"metadata", {{"annotations", {{"eks.amazonaws.com/default-role-arn", kRoleArn}}}}}});
  const auto live = Read();
  ASSERT_TRUE(live.ok()) << live.error().message;
  EXPECT_EQ(live->role_arn, kRoleArn);
  EXPECT_EQ(spec_["audiences"], Json({"mine"}));
  EXPECT_THAT(
      live->notices,
      ElementsAre("the role is the default of namespace shop; pods get it only from irsa serve --default-role"));
  Annotate({{"eks.amazonaws.com/role-arn", "arn:aws:iam::111122223333:role/own"}});
  EXPECT_EQ(Read()->role_arn, "arn:aws:iam::111122223333:role/own");
}

TEST_F(LiveAccountTest, NamesTheAccountThatCannotBeRead) {
  EXPECT_THAT(Read().error().message, HasSubstr("get service account shop/cart"));
  Annotate({{"eks.amazonaws.com/role-arn", kRoleArn}});
  ASSERT_TRUE(Read().ok());
  for (const ApiRequest& sent : reads_) {
    EXPECT_EQ(sent.deadline, kDeadline);
    EXPECT_EQ(sent.max_answer_bytes, 1U << 20);
  }
  for (const char* body : {"<html>", "[]", R"({"metadata": 1})", R"({"metadata": {"annotations": []}})",
                           R"({"metadata": {"annotations": {"a": 1}}})"}) {
    Answer(kPath, 200, body);
    EXPECT_EQ(Read().error().code, ErrorCode::kMalformed) << body;
    EXPECT_THAT(Read().error().message, HasSubstr("get service account shop/cart: the apiserver's answer"));
  }
}

TEST_F(LiveAccountTest, PassesRefusalsOn) {
  EXPECT_EQ(Read().error().code, ErrorCode::kNotFound);
  Annotate({{"eks.amazonaws.com/role-arn", kRoleArn}});
  answers_.emplace(std::string(kPath) + "/token", kube::Refusal(403, "no"));
  EXPECT_EQ(Read().error().code, ErrorCode::kDenied);
}

TEST_F(LiveAccountTest, ReadsTheClustersIssuer) {
  const sts::TestIssuer issuer;
  Answer(oidc::kDiscoveryPath, 200, oidc::WriteDiscovery({"https://i.test", "https://i.test/jwks", {"ES256"}}));
  Answer(oidc::kJwksPath, 200, issuer.jwks());
  const auto cluster = ReadClusterIssuer(api_, kDeadline);
  ASSERT_TRUE(cluster.ok()) << cluster.error().message;
  EXPECT_EQ(cluster->issuer, "https://i.test");
  EXPECT_EQ(cluster->keys->keys.front().key.id(), issuer.keys()->keys.front().key.id());
}

TEST_F(LiveAccountTest, SaysWhyTheClustersIssuerCannotBeRead) {
  const auto error = [&] { return ReadClusterIssuer(api_, kDeadline).error(); };
  answers_.emplace(oidc::kDiscoveryPath, kube::Refusal(403, "forbidden"));
  EXPECT_EQ(error().code, ErrorCode::kDenied);
  EXPECT_THAT(error().message, HasSubstr("forbidden; bind the ClusterRole system:service-account-issuer-discovery"));
  for (const char* body : {"<html>", "{}", R"({"issuer": 1})"}) {
    Answer(oidc::kDiscoveryPath, 200, body);
    EXPECT_THAT(error().message, HasSubstr("the apiserver's /.well-known/openid-configuration: ")) << body;
  }
  Answer(oidc::kDiscoveryPath, 200, R"({"issuer": "https://i.test"})");
  EXPECT_EQ(error().code, ErrorCode::kNotFound);
  Answer(oidc::kJwksPath, 200, "[]");
  EXPECT_THAT(error().message, HasSubstr("the apiserver's /openid/v1/jwks: "));
}

}  // namespace
}  // namespace irsa::cli
