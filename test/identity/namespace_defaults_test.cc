#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/identity/rules/identity.h"

namespace irsa::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kDefault[] = "eks.amazonaws.com/default-role-arn";
constexpr char kRole[] = "arn:aws:iam::111122223333:role/team";
constexpr AccountName kName{"team-a", "app"};

NamespaceDefaults Resolve(std::vector<Annotation> annotations, const Settings& settings = {}) {
  return ResolveNamespace(annotations, settings);
}

std::shared_ptr<const AccountIdentity> Account(std::vector<Annotation> annotations, const Settings& settings = {}) {
  return std::make_shared<const AccountIdentity>(ResolveIdentity(kName, annotations, settings));
}

TEST(ResolveNamespace, TakesTheRole) {
  EXPECT_EQ(Resolve({{kDefault, kRole}}), (NamespaceDefaults{kRole, {}}));
  EXPECT_EQ(Resolve({{kDefault, ""}, {"other/default-role-arn", "x"}}), NamespaceDefaults());
}

TEST(ResolveNamespace, TakesTheRoleByTheRulesOfAccounts) {
  const NamespaceDefaults malformed = Resolve({{kDefault, "team"}});
  EXPECT_EQ(malformed.role_arn, "team");
  ASSERT_EQ(malformed.warnings.size(), 1U);
  EXPECT_EQ(malformed.warnings[0].reason, WarningReason::kMalformedRoleArn);
  EXPECT_THAT(malformed.warnings[0].text, HasSubstr(kDefault));
  const NamespaceDefaults too_long = Resolve({{kDefault, std::string(kMaxRoleArnBytes + 1, 'x')}});
  EXPECT_EQ(too_long.role_arn, "");
  EXPECT_EQ(too_long.warnings.size(), 1U);
  Settings settings;
  settings.composition = {true, "aws-cn", "111122223333"};
  EXPECT_EQ(Resolve({{kDefault, "team"}}, settings), (NamespaceDefaults{"arn:aws-cn:iam::111122223333:role/team", {}}));
}

TEST(ResolveNamespace, WarnsOfWhatMeansNothingThere) {
  const NamespaceDefaults defaults = Resolve({{"eks.amazonaws.com/default-role-arm", kRole},
                                              {"eks.amazonaws.com/role-arn", kRole},
                                              {"eks.amazonaws.com/token-expiration", "900"}});
  EXPECT_EQ(defaults.role_arn, "");
  std::vector<std::string> texts;
  for (const Warning& warning : defaults.warnings) texts.push_back(warning.text);
  EXPECT_THAT(texts,
              ElementsAre("unknown annotation \"eks.amazonaws.com/default-role-arm\" is ignored: did you mean "
                          "default-role-arn?",
                          "annotation \"eks.amazonaws.com/role-arn\" has no effect on a namespace: it belongs on "
                          "the service account",
                          "annotation \"eks.amazonaws.com/token-expiration\" has no effect on a namespace: it "
                          "belongs on the service account"));
}

TEST(WithDefaults, GivesTheRoleToAnAccountThatSaysNothing) {
  const NamespaceDefaults defaults{kRole, {}};
  const auto account = WithDefaults(kName, nullptr, &defaults, {});
  ASSERT_NE(account, nullptr);
  EXPECT_EQ(account->identity, RoleIdentityOf(kName, kRole, {}, {}));
}

TEST(WithDefaults, KeepsWhatTheAccountSaysOfItsPods) {
  const NamespaceDefaults defaults{kRole, {}};
  const auto own = Account({{"eks.amazonaws.com/region", "eu-central-1"},
                            {"eks.amazonaws.com/audience", "aud"},
                            {"eks.amazonaws.com/role-session-name", "{pod}"},
                            {"eks.amazonaws.com/use-fips", "true"},
                            {"eks.amazonaws.com/token-expiration", "900"},
                            {"eks.amazonaws.com/profiles", std::string("other=") + kRole},
                            {"eks.amazonaws.com/skip-containers", "proxy"}});
  const auto with_role = Account({{"eks.amazonaws.com/region", "eu-central-1"},
                                  {"eks.amazonaws.com/audience", "aud"},
                                  {"eks.amazonaws.com/role-session-name", "{pod}"},
                                  {"eks.amazonaws.com/use-fips", "true"},
                                  {"eks.amazonaws.com/token-expiration", "900"},
                                  {"eks.amazonaws.com/profiles", std::string("other=") + kRole},
                                  {"eks.amazonaws.com/skip-containers", "proxy"},
                                  {"eks.amazonaws.com/role-arn", kRole}});
  EXPECT_EQ(*WithDefaults(kName, own, &defaults, {}), *with_role);
}

TEST(WithDefaults, LeavesAnAccountWithAnIdentityAlone) {
  const NamespaceDefaults defaults{kRole, {{WarningReason::kUnknownAnnotation, "x"}}};
  for (const auto& own :
       {Account({{"eks.amazonaws.com/role-arn", "arn:aws:iam::111122223333:role/own"}}),
        Account({{"eks.amazonaws.com/pod-identity", "true"}}), Account({{"eks.amazonaws.com/role-arn", "own"}})}) {
    EXPECT_EQ(WithDefaults(kName, own, &defaults, {}), own) << "the same object";
  }
}

TEST(WithDefaults, SaysNothingWhereTheNamespaceSaysNothing) {
  const NamespaceDefaults nothing;
  const auto own = Account({{"eks.amazonaws.com/region", "eu-central-1"}});
  EXPECT_EQ(WithDefaults(kName, own, &nothing, {}), own);
  EXPECT_EQ(WithDefaults(kName, own, nullptr, {}), own);
  EXPECT_EQ(WithDefaults(kName, nullptr, &nothing, {}), nullptr);
  EXPECT_EQ(WithDefaults(kName, nullptr, nullptr, {}), nullptr);
}

TEST(WithDefaults, AddsTheNamespacesWarningsBehindTheAccounts) {
  const NamespaceDefaults defaults{"", {{WarningReason::kUnknownAnnotation, "of the namespace"}}};
  const auto own = Account({{"eks.amazonaws.com/role-arm", "x"}});
  const auto both = WithDefaults(kName, own, &defaults, {});
  EXPECT_EQ(both->identity, std::nullopt);
  ASSERT_EQ(both->warnings.size(), 2U);
  EXPECT_EQ(both->warnings[0], own->warnings[0]);
  EXPECT_EQ(both->warnings[1].text, "of the namespace");
}

}  // namespace
}  // namespace irsa::identity
