#include "src/serve/certificates/webhook_ca_bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"

#include "test/kube/fake_object_store.h"

namespace irsa::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const WebhookConfiguration kMutating{WebhookKind::kMutating, "irsa"};
const WebhookConfiguration kValidating{WebhookKind::kValidating, "irsa-guard"};
constexpr const char* kPath = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/irsa";
constexpr const char* kValidatingPath =
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/irsa-guard";

kube::Json Webhook(const std::string& name, const std::string& ca_bundle = "") {
  kube::Json webhook = {{"name", name},
                        {"clientConfig", {{"service", {{"name", "irsa"}, {"namespace", "irsa"}}}}},
                        {"sideEffects", "None"}};
  if (!ca_bundle.empty()) webhook["clientConfig"]["caBundle"] = ca_bundle;
  return webhook;
}

class WebhookCaBundleTest : public ::testing::Test {
 protected:
  WebhookCaBundleTest() { Put(kube::Json::array({Webhook("pods.irsa.dev"), Webhook("warn.irsa.dev", "b3RoZXI=")})); }

  void Put(const kube::Json& webhooks) { api_.Put(kPath, {{"metadata", {{"name", "irsa"}}}, {"webhooks", webhooks}}); }

  Result<bool> Keep(const WebhookConfiguration& configuration = kMutating) {
    kube::ApiRequest bounds;
    bounds.max_answer_bytes = 4096;
    return KeepCaBundle(api_, configuration, "PEM", bounds);
  }

  kube::FakeObjectStore api_;
};

TEST_F(WebhookCaBundleTest, GivesItToEveryWebhookAndChangesNothingElse) {
  EXPECT_EQ(Keep().value(), true);
  const std::string pem = base::EncodeBase64("PEM");
  EXPECT_EQ(api_.Get(kPath)["webhooks"],
            kube::Json::array({Webhook("pods.irsa.dev", pem), Webhook("warn.irsa.dev", pem)}));
  EXPECT_THAT(api_.Requests(), ElementsAre(std::string("GET ") + kPath,
                                           std::string("PATCH ") + kPath + "?fieldManager=irsa-ca-bundle&force=true"));
  EXPECT_EQ(api_.last().verb, kube::Verb::kApply);
  EXPECT_EQ(api_.last().max_answer_bytes, 4096U);
  EXPECT_EQ(
      kube::Json::parse(api_.last().body),
      kube::Json::parse(R"({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                            "metadata": {"name": "irsa", "resourceVersion": "101"}, "webhooks": [
                              {"name": "pods.irsa.dev", "clientConfig": {"caBundle": "UEVN"}},
                              {"name": "warn.irsa.dev", "clientConfig": {"caBundle": "UEVN"}}]})"));
}

TEST_F(WebhookCaBundleTest, WritesOnlyWhatDiffers) {
  ASSERT_TRUE(Keep().ok());
  EXPECT_EQ(Keep().value(), false);
  EXPECT_EQ(api_.CountOf("PATCH"), 1);
}

TEST_F(WebhookCaBundleTest, AppliesAllWebhooksThoughOneOnlyDiffers) {
  const std::string pem = base::EncodeBase64("PEM");
  Put(kube::Json::array({Webhook("pods.irsa.dev", pem), Webhook("warn.irsa.dev")}));
  ASSERT_EQ(Keep().value(), true);
  EXPECT_EQ(kube::Json::parse(api_.last().body)["webhooks"].size(), 2);
}

TEST_F(WebhookCaBundleTest, KnowsValidatingConfigurations) {
  api_.Put(kValidatingPath,
           {{"metadata", {{"name", "irsa-guard"}}}, {"webhooks", kube::Json::array({Webhook("accounts.irsa.dev")})}});
  EXPECT_EQ(Keep(kValidating).value(), true);
  EXPECT_EQ(kube::Json::parse(api_.last().body)["kind"], "ValidatingWebhookConfiguration");
  EXPECT_EQ(NameOf(kValidating), "validatingwebhookconfiguration irsa-guard");
}

TEST_F(WebhookCaBundleTest, HasNothingToDoWithoutWebhooks) {
  Put(kube::Json::array());
  EXPECT_EQ(Keep().value(), false);
  api_.Put(kPath, {{"metadata", {{"name", "irsa"}}}});
  EXPECT_EQ(Keep().value(), false);
  Put(kube::Json::array({kube::Json{{"name", "odd"}}}));
  EXPECT_EQ(Keep().value(), false);
}

TEST_F(WebhookCaBundleTest, SaysWhatToDoWithoutAConfiguration) {
  api_.Delete(kPath);
  EXPECT_EQ(Keep().error(),
            (Error{ErrorCode::kNotFound,
                   std::string("get mutatingwebhookconfiguration irsa: the apiserver answered 404: ") + kPath +
                       " not found: apply it, or name the configuration that has irsa's webhooks"}));
}

TEST_F(WebhookCaBundleTest, ConflictsWithAChangeInBetween) {
  api_.before = [this](const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
    if (TextOf(request.verb).method == "PATCH") Put(kube::Json::array({Webhook("renamed.irsa.dev")}));
    return std::nullopt;
  };
  EXPECT_EQ(Keep().error().code, ErrorCode::kConflict);
  EXPECT_EQ(api_.Get(kPath)["webhooks"], kube::Json::array({Webhook("renamed.irsa.dev")}));
}

TEST_F(WebhookCaBundleTest, DoesNotMakeAConfigurationThatWasDeletedInBetween) {
  api_.before = [this](const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
    if (TextOf(request.verb).method == "PATCH") api_.Delete(kPath);
    return std::nullopt;
  };
  EXPECT_EQ(Keep().error().code, ErrorCode::kConflict);
  EXPECT_EQ(api_.Get(kPath), kube::Json());
}

TEST_F(WebhookCaBundleTest, HandsOnRefusals) {
  api_.before = [](const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
    if (TextOf(request.verb).method == "GET") return std::nullopt;
    return kube::Refusal(403, "cannot patch");
  };
  EXPECT_EQ(Keep().error(), (Error{ErrorCode::kDenied,
                                   "apply the caBundle of mutatingwebhookconfiguration irsa: the apiserver answered "
                                   "403: cannot patch"}));
}

TEST_F(WebhookCaBundleTest, RefusesWhatIsNoConfiguration) {
  std::string body;
  api_.before = [&body](const kube::ApiRequest&) {
    return Result<kube::ApiAnswer>(kube::ApiAnswer{.status = 200, .body = body, .retry_after = {}});
  };
  for (const char* text : {"", "[]", R"({"metadata":{}})", R"({"metadata":{"resourceVersion":"1"},"webhooks":{}})",
                           R"({"metadata":{"resourceVersion":"1"},"webhooks":[{}]})"}) {
    body = text;
    const auto kept = Keep();
    EXPECT_EQ(kept.error().code, ErrorCode::kMalformed) << text;
    EXPECT_THAT(kept.error().message, HasSubstr("mutatingwebhookconfiguration irsa: ")) << text;
  }
}

}  // namespace
}  // namespace irsa::serve
