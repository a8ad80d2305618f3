#include "src/serve/certificates/certificate_renewal.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/crypto/certificate_inspection.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::serve {
namespace {

using base::SystemTime;
using crypto::CertificateAuthority;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr SystemTime kNow{seconds(1785585600)};  // 2026-08-01T12:00:00Z
constexpr hours kDay{24};
const CertificateRules kRules{{"irsa.irsa.svc"}, 900 * kDay, 90 * kDay};

CertificateAuthority AuthorityOf(const CertificateSet& set) {
  return CertificateAuthority::Parse(set.authority).value();
}

SystemTime EndOf(const crypto::PemPair& pair) {
  return crypto::ParseKeyPair(pair.certificate, pair.key).value().not_after;
}

class CertificatePlanTest : public ::testing::Test {
 protected:
  // Plans with what is stored now, and stores the target.
  std::string Plan(SystemTime now, bool is_trusted = true) {
    const auto plan = PlanCertificates(
        {.stored = has_stored_ ? &stored_ : nullptr, .last_good = last_good_, .is_trusted = is_trusted, .now = now},
        rules_);
    if (!plan.ok()) return "error: " + plan.error().message;
    if (plan->reason.empty()) {
      EXPECT_EQ(plan->target, stored_);
    }
    EXPECT_TRUE(IsIssuedWithin(plan->target.serving, TrustBundle(plan->target)));
    stored_ = plan->target;
    has_stored_ = true;
    return plan->reason;
  }

  // As the first replica of all leaves it.
  const CertificateSet& Begin() {
    Plan(kNow, false);
    return stored_;
  }

  CertificateRules rules_ = kRules;
  CertificateSet stored_;
  bool has_stored_ = false;
  const CertificateSet* last_good_ = nullptr;
};

TEST_F(CertificatePlanTest, MakesAnAuthorityAndAPairWhereThereIsNothing) {
  EXPECT_EQ(Plan(kNow, false), "there is no CA; there is no serving certificate");
  EXPECT_EQ(AuthorityOf(stored_).not_after(), kNow + 900 * kDay);
  EXPECT_EQ(EndOf(stored_.serving), kNow + 90 * kDay);
  EXPECT_EQ(stored_.old_authorities, "");
  EXPECT_EQ(TrustBundle(stored_), stored_.authority.certificate);
  EXPECT_TRUE(crypto::IsIssuedBy(stored_.serving.certificate, stored_.authority.certificate));
}

TEST_F(CertificatePlanTest, FillsASecretThatIsEmpty) {
  has_stored_ = true;
  EXPECT_EQ(Plan(kNow), "there is no CA; there is no serving certificate");
}

TEST_F(CertificatePlanTest, LeavesAloneWhatIsGood) {
  Begin();
  EXPECT_EQ(Plan(kNow), "");
  EXPECT_EQ(Plan(kNow + 59 * kDay), "");
  EXPECT_EQ(Plan(kNow + 59 * kDay, false), "");
}

TEST_F(CertificatePlanTest, RenewsAPairAtTwoThirdsOfItsLife) {
  const CertificateSet before = Begin();
  EXPECT_EQ(Plan(kNow + 60 * kDay, false), "the serving certificate has passed two thirds of its lifetime");
  EXPECT_EQ(stored_.authority, before.authority);
  EXPECT_EQ(EndOf(stored_.serving), kNow + 150 * kDay);
  EXPECT_EQ(Plan(kNow + 60 * kDay, false), "");
}

TEST_F(CertificatePlanTest, ChangesTheAuthorityInSteps) {
  Begin();
  ASSERT_EQ(Plan(kNow + 540 * kDay), "the serving certificate expires at 2026-10-30T12:00:00Z");
  const CertificateSet before = stored_;
  const SystemTime later = kNow + 599 * kDay;
  ASSERT_EQ(Plan(later), "");
  // A new one, trusted beside the old one, while the old pair is served on.
  const SystemTime due = kNow + 600 * kDay;
  EXPECT_THAT(Plan(due, true), StartsWith("the CA has passed two thirds of its lifetime"));
  EXPECT_NE(stored_.authority, before.authority);
  EXPECT_EQ(stored_.old_authorities, before.authority.certificate);
  EXPECT_EQ(TrustBundle(stored_), stored_.authority.certificate + before.authority.certificate);
  EXPECT_EQ(stored_.serving, before.serving);
  // Not before all trust it does it issue.
  EXPECT_EQ(Plan(due + hours(1), false), "");
  EXPECT_EQ(Plan(due + hours(1), true), "the new CA is now trusted");
  EXPECT_TRUE(crypto::IsIssuedBy(stored_.serving.certificate, stored_.authority.certificate));
  // The old one stays until it expires.
  EXPECT_EQ(TrustBundle(stored_), stored_.authority.certificate + before.authority.certificate);
  Plan(kNow + 720 * kDay);
  Plan(kNow + 800 * kDay);
  EXPECT_EQ(Plan(kNow + 859 * kDay), "");
  EXPECT_THAT(Plan(kNow + 900 * kDay), HasSubstr("an old CA has expired"));
  EXPECT_EQ(TrustBundle(stored_), stored_.authority.certificate);
}

TEST_F(CertificatePlanTest, WaitsForTrustOnlyWhileThePairLasts) {
  rules_.authority_lifetime = 90 * kDay;
  Begin();
  EXPECT_THAT(Plan(kNow + 60 * kDay), StartsWith("the CA has passed two thirds of its lifetime"));
  EXPECT_EQ(Plan(kNow + 80 * kDay, false), "");
  EXPECT_EQ(Plan(kNow + 81 * kDay + hours(1), false), "the serving certificate expires at 2026-10-30T12:00:00Z");
}

TEST_F(CertificatePlanTest, ReplacesAnAuthorityThatIsNoneAnyMore) {
  const CertificateSet good = Begin();
  stored_.authority.key = "";
  EXPECT_THAT(Plan(kNow), StartsWith("the CA is damaged (key: no PEM block"));
  EXPECT_EQ(stored_.old_authorities, good.authority.certificate);
  EXPECT_EQ(stored_.serving, good.serving);

  stored_ = good;
  stored_.authority.certificate = "nonsense";
  EXPECT_EQ(Plan(kNow),
            "the CA is damaged (certificate: no PEM block of type CERTIFICATE); the serving certificate's CA is no "
            "longer trusted");

  stored_ = good;
  stored_.authority = stored_.serving;
  EXPECT_THAT(Plan(kNow), HasSubstr("is not a CA's)"));

  stored_ = good;
  EXPECT_THAT(Plan(kNow + 900 * kDay), StartsWith("the CA has expired; "));
  EXPECT_EQ(stored_.old_authorities, "");
}

TEST_F(CertificatePlanTest, ServesThePairItStillHasUntilANewAuthorityIsTrusted) {
  const CertificateSet good = Begin();
  last_good_ = &good;
  has_stored_ = false;  // the Secret was deleted
  stored_ = {};
  EXPECT_EQ(Plan(kNow, true), "there is no CA; there is no serving certificate");
  EXPECT_NE(stored_.authority, good.authority);
  EXPECT_EQ(stored_.old_authorities, good.authority.certificate);
  EXPECT_EQ(stored_.serving, good.serving);
  EXPECT_EQ(Plan(kNow, true), "the new CA is now trusted");
  EXPECT_NE(stored_.serving, good.serving);
}

TEST_F(CertificatePlanTest, DoesNotPutBackAPairThatIsNoGoodItself) {
  const CertificateSet good = Begin();
  last_good_ = &good;
  has_stored_ = false;
  stored_ = {};
  rules_.names = {"renamed.irsa.svc"};
  Plan(kNow, true);
  EXPECT_NE(stored_.serving, good.serving);
  EXPECT_TRUE(crypto::IsIssuedBy(stored_.serving.certificate, stored_.authority.certificate));
}

TEST_F(CertificatePlanTest, ReplacesAPairThatIsNoneAnyMore) {
  const CertificateSet good = Begin();
  stored_.serving.key = "";
  EXPECT_THAT(Plan(kNow), StartsWith("the serving pair is damaged (key: "));
  EXPECT_EQ(stored_.authority, good.authority);

  stored_.serving.key = good.serving.key;  // of another certificate now
  EXPECT_THAT(Plan(kNow), HasSubstr("key does not belong to the first certificate"));

  stored_.serving =
      CertificateAuthority::Create("other", kNow, 90 * kDay)->Issue(kRules.names, kNow, 90 * kDay).value();
  EXPECT_EQ(Plan(kNow), "the serving certificate's CA is no longer trusted");

  rules_.names.push_back("localhost");
  EXPECT_EQ(Plan(kNow), "the serving certificate is not for localhost");
  EXPECT_EQ(Plan(kNow), "");
}

TEST_F(CertificatePlanTest, KeepsNamesThatAnotherReleaseWantsUntilTheNextRenewal) {
  Begin();
  rules_.names = {"renamed.irsa.svc"};
  EXPECT_EQ(Plan(kNow), "the serving certificate is not for renamed.irsa.svc");
  EXPECT_EQ(Plan(kNow), "");
  rules_.names = kRules.names;
  EXPECT_EQ(Plan(kNow), "");
  EXPECT_EQ(Plan(kNow + 60 * kDay), "the serving certificate has passed two thirds of its lifetime");
  rules_.names = {"renamed.irsa.svc"};
  EXPECT_EQ(Plan(kNow + 60 * kDay), "the serving certificate is not for renamed.irsa.svc");
}

TEST_F(CertificatePlanTest, KeepsNoMoreNamesThanACertificateMayHave) {
  Begin();
  std::vector<std::string> names;
  for (size_t i = 0; i < crypto::kMaxServerNames; ++i) names.push_back("x" + std::to_string(i) + ".irsa.svc");
  stored_.serving = AuthorityOf(stored_).Issue(names, kNow, 90 * kDay).value();
  EXPECT_EQ(Plan(kNow), "the serving certificate is not for irsa.irsa.svc");
  EXPECT_EQ(
      crypto::ServerNamesOf(crypto::ParseKeyPair(stored_.serving.certificate, stored_.serving.key).value()).size(),
      crypto::kMaxServerNames);
}

TEST_F(CertificatePlanTest, ReplacesAPairWhoseAuthoritySomebodyTookOut) {
  const CertificateSet before = Begin();
  Plan(kNow + 600 * kDay);
  stored_.old_authorities = "";
  stored_.serving = before.serving;
  Plan(kNow + 600 * kDay, false);
  EXPECT_TRUE(crypto::IsIssuedBy(stored_.serving.certificate, stored_.authority.certificate));
}

TEST_F(CertificatePlanTest, RepairsOldAuthorities) {
  const CertificateSet first = Begin();
  stored_.authority.key = "";
  Plan(kNow);
  const CertificateSet good = stored_;
  ASSERT_EQ(good.old_authorities, first.authority.certificate);

  stored_.old_authorities =
      first.authority.certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
  last_good_ = &good;
  EXPECT_EQ(Plan(kNow, false), "the old CAs are damaged");
  EXPECT_EQ(stored_, good);

  stored_.old_authorities = "nonsense";
  last_good_ = nullptr;
  EXPECT_THAT(Plan(kNow, false), StartsWith("the old CAs are damaged"));
  EXPECT_EQ(stored_.old_authorities, "");

  stored_ = good;
  stored_.old_authorities += good.old_authorities + good.authority.certificate;  // twice, and the current one
  EXPECT_EQ(Plan(kNow, false), "an old CA has expired or is not a CA");
  EXPECT_EQ(stored_, good);
}

TEST_F(CertificatePlanTest, KeepsOnlySoManyOldAuthorities) {
  Begin();
  for (int i = 0; i < 12; ++i) {
    stored_.authority.key = "";
    Plan(kNow, false);
  }
  EXPECT_EQ(crypto::SplitCertificates(stored_.old_authorities)->size(), 8);
  EXPECT_EQ(Plan(kNow, false), "");
}

TEST_F(CertificatePlanTest, KeepsTheAuthorityAlone) {
  const CertificateSet good = Begin();
  const auto other = CertificateAuthority::Create("other", kNow, 90 * kDay);
  stored_.authority.certificate += other->pem().certificate;
  EXPECT_EQ(Plan(kNow), "there are other certificates with the CA's");
  EXPECT_EQ(stored_, good);
}

TEST_F(CertificatePlanTest, DoesNotQuarrelWithAReplicaWhoseClockIsAhead) {
  Begin();
  EXPECT_EQ(Plan(kNow - hours(1)),
            "error: the CA is not valid before 2026-08-01T11:55:00Z: this machine's clock may be behind the clock of "
            "its issuer");
  EXPECT_EQ(Plan(kNow - std::chrono::minutes(4)), "");
  Plan(kNow + 60 * kDay);
  EXPECT_THAT(Plan(kNow + 59 * kDay), StartsWith("error: the serving certificate is not valid before 2026-09-30"));
}

TEST_F(CertificatePlanTest, SaysWhichOfItsRulesCannotBeKept) {
  rules_.names = {"not a name"};
  EXPECT_THAT(Plan(kNow), StartsWith("error: a new serving certificate: \"not a name\""));
  rules_.names = {};
  EXPECT_THAT(Plan(kNow), StartsWith("error: a new serving certificate: "));
  rules_ = kRules;
  rules_.authority_lifetime = seconds(0);
  EXPECT_THAT(Plan(kNow), StartsWith("error: a new CA: a lifetime of 0 s"));
}

TEST(TrustBundle, SeparatesItsParts) {
  EXPECT_EQ(TrustBundle({{"a", ""}, "b", {}}), "a\nb");
  EXPECT_EQ(TrustBundle({{"a\n", ""}, "b", {}}), "a\nb");
  EXPECT_EQ(TrustBundle({}), "");
}

}  // namespace
}  // namespace irsa::serve
