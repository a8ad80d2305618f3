#include "src/audit/checks/webhook_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/obj_mac.h>

#include "irsa/base/base64.h"
#include "irsa/crypto/certificate_authority.h"

#include "test/audit/objects.h"
#include "test/crypto/test_certificates.h"
#include "test/testing/fake_clock.h"

namespace irsa::audit {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;

const Namespaces kNamespaces = {{"irsa-system", {{"kubernetes.io/metadata.name", "irsa-system"}}},
                                {"team-a", {{"kubernetes.io/metadata.name", "team-a"}}}};

class WebhookCheck : public ::testing::Test {
 protected:
  static constexpr hours kLife{900};

  WebhookConfiguration Webhook() const { return ReadWebhookConfiguration(webhook_, "MutatingWebhookConfiguration"); }
  Names Check(bool has_guard = false) const {
    return Kinds(CheckWebhook(Webhook(), installation_, &kNamespaces, has_guard));
  }
  static crypto::CertificateAuthority Authority(base::SystemTime now) {
    return crypto::CertificateAuthority::Create("a CA", now, kLife).value();
  }
  std::string Issued(const std::string& name) const {
    return ca_.Issue(std::vector<std::string>{name}, clock_.Now(), kLife).value().certificate;
  }
  Names CheckServed(const std::optional<std::string>& pem) const {
    return Kinds(CheckCertificate(pem, Webhook(), installation_, clock_.Now()));
  }
  void Trust(const std::string& pem) { webhook_ = PodWebhook(base::EncodeBase64(pem)); }

  testing::FakeClock clock_;
  Installation installation_;
  crypto::CertificateAuthority ca_ = Authority(clock_.Now());
  Json webhook_ = PodWebhook(base::EncodeBase64(ca_.pem().certificate));
};

TEST_F(WebhookCheck, FindsNothingWrongWhenAllIsWell) {
  EXPECT_EQ(Check(), Names());
  EXPECT_EQ(Kinds(CheckCaBundles(Webhook(), installation_, clock_.Now())), Names());
  EXPECT_EQ(CheckServed(Issued("irsa.irsa-system.svc")), Names());
  EXPECT_EQ(CheckServed(Issued("*.irsa-system.svc")), Names());
}

TEST_F(WebhookCheck, SaysWhatIsNotThere) {
  EXPECT_EQ(MissingWebhook(installation_, false).object, (ObjectName{"MutatingWebhookConfiguration", "", "irsa"}));
  EXPECT_EQ(Kinds(CheckService(installation_, nullptr, Mode::kWebhook)), Names{"webhook-service-missing"});
  ServiceFacts service;
  EXPECT_EQ(Kinds(CheckService(installation_, &service, Mode::kWebhook)), Names{"webhook-without-endpoints"});
  service.ready_endpoints = 1;
  EXPECT_EQ(Kinds(CheckService(installation_, &service, Mode::kWebhook)), Names());
  service = {.is_external = true, .ready_endpoints = 0};
  EXPECT_EQ(Kinds(CheckService(installation_, &service, Mode::kWebhook)), Names());
}

TEST_F(WebhookCheck, SaysWhatAnAbsentServiceDoes) {
  const auto why = [this](std::optional<Mode> mode) { return CheckService(installation_, nullptr, mode)[0].why; };
  EXPECT_EQ(why(Mode::kWebhook), "the apiserver cannot reach irsa, so pods are admitted without identity");
  EXPECT_EQ(why(std::nullopt), why(Mode::kWebhook));
  EXPECT_THAT(why(Mode::kFallback), HasSubstr("pods that the identity policy leaves to it get no identity"));
  EXPECT_THAT(why(Mode::kOnly), HasSubstr("no one is warned about annotations"));
}

TEST_F(WebhookCheck, FindsThatAccountsWaitForIrsa) {
  const auto check = [this] {
    return CheckAccountsWebhook(ReadWebhookConfiguration(webhook_, "ValidatingWebhookConfiguration"));
  };
  EXPECT_EQ(Kinds(check()), Names()) << "it is not about accounts";
  webhook_["webhooks"][0]["rules"][0]["resources"] = {"serviceaccounts"};
  const auto found = check();
  ASSERT_EQ(Kinds(found), Names{"accounts-webhook-fails-closed"});
  EXPECT_EQ(found[0].object, (ObjectName{"ValidatingWebhookConfiguration", "", "irsa"}));
  EXPECT_THAT(found[0].what, HasSubstr("pod-identity.irsa.dev"));
  webhook_["webhooks"][0]["failurePolicy"] = "Ignore";
  EXPECT_EQ(Kinds(check()), Names());
}

TEST_F(WebhookCheck, FindsRulesThatLeaveOutPods) {
  webhook_["webhooks"][0]["rules"][0]["operations"] = {"UPDATE"};
  EXPECT_EQ(Check(), Names{"webhook-without-pods"});
  webhook_["webhooks"][0]["rules"][0] = {
      {"operations", {"*"}}, {"apiGroups", {"*"}}, {"apiVersions", {"*"}}, {"resources", {"*"}}};
  EXPECT_EQ(Check(), Names());
  webhook_["webhooks"] = Json::array();
  EXPECT_EQ(Check(), Names{"webhook-without-pods"});
}

TEST_F(WebhookCheck, RemarksThatItFailsOpenWhereThereIsNoGuard) {
  webhook_["webhooks"][0]["failurePolicy"] = "Ignore";
  EXPECT_EQ(Check(), Names{"webhook-fails-open"});
  EXPECT_EQ(Check(true), Names());
}

TEST_F(WebhookCheck, LetsKubeSystemFailOpen) {
  Json entry = webhook_["webhooks"][0];
  entry["failurePolicy"] = "Ignore";
  entry["namespaceSelector"] = {{"matchLabels", {{"kubernetes.io/metadata.name", "kube-system"}}}};
  webhook_["webhooks"].push_back(entry);
  EXPECT_EQ(Check(), Names());
}

TEST_F(WebhookCheck, FindsAWebhookThatItsOwnPodsWaitFor) {
  webhook_["webhooks"][0].erase("namespaceSelector");
  EXPECT_EQ(Check(), Names{"webhook-blocks-itself"});
  installation_.pod_labels = {{"eks.amazonaws.com/skip-pod-identity-webhook", "true"}};
  EXPECT_EQ(Check(), Names()) << "they opt out";
}

TEST_F(WebhookCheck, FindsCaBundlesThatAreOfNoUse) {
  const auto check = [this] { return Kinds(CheckCaBundles(Webhook(), installation_, clock_.Now())); };
  webhook_ = PodWebhook("");
  EXPECT_EQ(check(), Names{"ca-bundle-empty"});
  EXPECT_EQ(CheckServed(Issued("irsa.irsa-system.svc")), Names()) << "said already";
  for (const char* bundle : {"bm90IFBFTQ==", "!"}) {
    webhook_ = PodWebhook(bundle);
    EXPECT_EQ(check(), Names{"ca-bundle-malformed"});
    EXPECT_EQ(CheckServed(Issued("irsa.irsa-system.svc")), Names()) << "said already";
  }
  Trust(ca_.pem().certificate);
  clock_.Advance(kLife + hours(1));
  EXPECT_EQ(check(), Names{"ca-expired"});
  Trust(ca_.pem().certificate + Authority(clock_.Now()).pem().certificate);
  EXPECT_EQ(check(), Names()) << "the old one stays until all have the new one";
}

TEST_F(WebhookCheck, FindsACertificateOfAnotherCa) {
  Trust(Authority(clock_.Now()).pem().certificate);
  const auto found = CheckCertificate(Issued("irsa.irsa-system.svc"), Webhook(), installation_, clock_.Now());
  ASSERT_EQ(Kinds(found), Names{"ca-bundle-mismatch"});
  EXPECT_THAT(found[0].what, HasSubstr("pod-identity.irsa.dev"));
}

TEST_F(WebhookCheck, FindsACertificateThatIsMissingOrNone) {
  EXPECT_EQ(CheckServed(std::nullopt), Names{"certificate-missing"});
  EXPECT_EQ(CheckServed("not PEM"), Names{"certificate-missing"});
}

TEST_F(WebhookCheck, FindsACertificateForAnotherName) {
  EXPECT_EQ(CheckServed(Issued("other.irsa-system.svc")), Names{"certificate-name-mismatch"});
  EXPECT_EQ(CheckServed(Issued("*.other.svc")), Names{"certificate-name-mismatch"});
}

TEST_F(WebhookCheck, FindsACertificateThatIsNotRenewed) {
  const std::string pem = Issued("irsa.irsa-system.svc");
  clock_.Advance(kLife * 4 / 5);
  EXPECT_EQ(CheckServed(pem), Names());
  clock_.Advance(kLife / 10);
  EXPECT_EQ(CheckServed(pem), Names{"certificate-expiring"});
  clock_.Advance(kLife / 10 + hours(1));
  EXPECT_EQ(CheckServed(pem), Names{"certificate-expired"});
}

// Certificates beyond those that irsa makes: cert-manager's, or a company's.
class CertificatePath : public WebhookCheck {
 protected:
  using Extensions = std::vector<std::pair<int, std::string>>;

  crypto::ChainFields Fields(const std::string& name, const Extensions& extensions) const {
    return {.common_name = name,
            .not_before = clock_.Now() - hours(10),
            .not_after = clock_.Now() + hours(1000),
            .extensions = extensions};
  }
  crypto::ChainFields Ca(const std::string& name) const {
    return Fields(name, {{NID_basic_constraints, "critical,CA:TRUE"}});
  }
  crypto::ChainFields Expired(const std::string& name) const {
    crypto::ChainFields fields = Ca(name);
    fields.not_after = clock_.Now() - hours(1);
    return fields;
  }
  crypto::ChainLink Leaf(const crypto::ChainLink& issuer, const char* usage = "serverAuth") const {
    return crypto::MakeLink(
        Fields("leaf", {{NID_ext_key_usage, usage}, {NID_subject_alt_name, "DNS:irsa.irsa-system.svc"}}), &issuer);
  }
  std::vector<Finding> Find(const std::string& pem) const {
    return CheckCertificate(pem, Webhook(), installation_, clock_.Now());
  }

  const crypto::ChainLink root_ = crypto::MakeLink(Ca("root"), nullptr);
  const crypto::ChainLink middle_ = crypto::MakeLink(Ca("middle"), &root_);
};

TEST_F(CertificatePath, FindsNothingWhereOneHolds) {
  const crypto::ChainLink leaf = Leaf(middle_);
  const crypto::ChainLink unrelated = crypto::MakeLink(Ca("unrelated"), &root_);
  Trust(ca_.pem().certificate + root_.pem);
  EXPECT_EQ(CheckServed(leaf.pem + middle_.pem), Names());
  EXPECT_EQ(CheckServed(leaf.pem + unrelated.pem + middle_.pem), Names());
  Trust(middle_.pem);
  EXPECT_EQ(CheckServed(leaf.pem), Names()) << "each certificate of a caBundle is a root";
}

TEST_F(CertificatePath, FindsAnExpiredIssuerBesideAValidCa) {
  const crypto::ChainLink old = crypto::MakeLink(Expired("old"), nullptr);
  Trust(old.pem + root_.pem);
  EXPECT_EQ(Kinds(CheckCaBundles(Webhook(), installation_, clock_.Now())), Names());
  const auto found = Find(Leaf(old).pem);
  ASSERT_EQ(Kinds(found), Names{"ca-expired"});
  EXPECT_EQ(found[0].object.kind, "MutatingWebhookConfiguration");
  EXPECT_THAT(found[0].what, HasSubstr("in caBundle, the CA CN=old, which has issued CN=leaf, is valid from"));
  EXPECT_THAT(found[0].what, HasSubstr("in pod-identity.irsa.dev"));
  Trust(old.pem);
  EXPECT_EQ(CheckServed(Leaf(old).pem), Names()) << "said of the bundle already";
}

TEST_F(CertificatePath, FindsIntermediatesThatLeadNowhere) {
  Trust(root_.pem);
  const crypto::ChainLink old = crypto::MakeLink(Expired("old"), &root_);
  const auto expired = Find(Leaf(old).pem + old.pem);
  ASSERT_EQ(Kinds(expired), Names{"certificate-path-refused"});
  EXPECT_EQ(Text(expired[0].object), "Secret irsa-system/irsa-tls");
  EXPECT_THAT(expired[0].what, HasSubstr("the intermediate CN=old, which has issued CN=leaf, is valid from"));
  const crypto::ChainLink unrelated = crypto::MakeLink(Ca("unrelated"), &root_);
  const auto missing = Find(Leaf(middle_).pem + unrelated.pem);
  ASSERT_EQ(Kinds(missing), Names{"ca-bundle-mismatch"});
  EXPECT_THAT(missing[0].why, HasSubstr("no CA or intermediate is the issuer of CN=leaf"));
}

TEST_F(CertificatePath, FindsACertificateThatIsNotForServers) {
  Trust(root_.pem);
  const auto found = Find(Leaf(root_, "clientAuth").pem);
  ASSERT_EQ(Kinds(found), Names{"certificate-path-refused"});
  EXPECT_THAT(found[0].what, HasSubstr("its extended key usage has no serverAuth"));
}

TEST_F(CertificatePath, DoesNotTakeACommonNameForAName) {
  Trust(root_.pem);
  const crypto::ChainLink leaf = crypto::MakeLink(Fields("irsa.irsa-system.svc", {}), &root_);
  const auto found = Find(leaf.pem);
  ASSERT_EQ(Kinds(found), Names{"certificate-name-mismatch"});
  EXPECT_THAT(found[0].what, HasSubstr("has no subject alternative name"));
}

TEST(CircumstancesOf, SaysWhichSelectorLeavesAPodOut) {
  Json json = PodWebhook("");
  json["webhooks"][0]["objectSelector"]["matchLabels"] = {{"tier", "web"}};
  const WebhookConfiguration webhook = ReadWebhookConfiguration(json, "MutatingWebhookConfiguration");
  Json object = BarePod();
  const auto circumstances = [&](const char* namespace_name) {
    const Labels labels = {{"kubernetes.io/metadata.name", namespace_name}};
    return CircumstancesOf(ReadPodFacts(ViewOf(object), "eks.amazonaws.com"), webhook, &labels);
  };
  EXPECT_EQ(circumstances("irsa-system").namespace_unmet, "kubernetes.io/metadata.name NotIn (irsa-system)");
  EXPECT_EQ(circumstances("team-a").labels_unmet, "tier In (web)");
  EXPECT_EQ(circumstances("team-a").namespace_unmet, "");
  object["metadata"]["labels"]["tier"] = "web";
  EXPECT_EQ(circumstances("team-a").labels_unmet, "");
  EXPECT_TRUE(circumstances("team-a").fails_closed);
  EXPECT_EQ(CircumstancesOf(ReadPodFacts(ViewOf(object), "eks.amazonaws.com"), webhook, nullptr).namespace_unmet, "")
      << "nobody knows the namespace's labels";
}

TEST(CountReadyEndpoints, TakesUnknownForReady) {
  EXPECT_EQ(CountReadyEndpoints(Json::parse(R"({"endpoints":[{"conditions":{"ready":true}},
      {"conditions":{"ready":false}},{"conditions":{}},{}]})")),
            3U);
  EXPECT_EQ(CountReadyEndpoints(Json::parse("{}")), 0U);
}

}  // namespace
}  // namespace irsa::audit
