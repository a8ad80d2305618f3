#include "irsa/identity/rules/identity.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

using std::chrono::seconds;

constexpr std::string_view kRole = "arn:aws:iam::111122223333:role/r";
constexpr std::string_view kExpirationKey = "eks.amazonaws.com/token-expiration";

AccountIdentity Resolve(std::vector<Annotation> annotations, const Settings& settings = {}) {
  return ResolveIdentity({"team-a", "app"}, annotations, settings);
}

TEST(ResolveIdentity, TakesTheSettingsForWhatTheAccountDoesNotSay) {
  Settings settings;
  settings.token_audience = "corp";
  settings.token_expiration = seconds(3600);
  settings.regional_sts = true;
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/role-arn", kRole}}, settings),
            (AccountIdentity{Identity{std::string(kRole), "corp", seconds(3600), true}, {}}));
}

TEST(ResolveIdentity, TakesTheAnnotationsOverTheSettings) {
  Settings settings;
  settings.annotation_prefix = "id.example.org";
  settings.regional_sts = true;
  AccountTerms terms{seconds(7200), false};
  terms.audience = "mine";
  EXPECT_EQ(Resolve({{"id.example.org/token-expiration", "7200"},
                     {"id.example.org/sts-regional-endpoints", "F"},
                     {"id.example.org/audience", "mine"},
                     {"id.example.org/role-arn", kRole},
                     {"eks.amazonaws.com/role-arm", "outside of the prefix"}},
                    settings),
            (AccountIdentity{Identity{std::string(kRole), "mine", seconds(7200), false}, {}, terms}));
}

TEST(ResolveIdentity, PutsPodIdentityBeforeTheRole) {
  Settings settings;
  settings.token_expiration = seconds(3600);
  settings.container_credentials.audience = "pods";
  AccountTerms terms{std::nullopt, true};
  terms.audience = "corp";
  for (const char* yes : {"true", "1", "T"}) {
    EXPECT_EQ(Resolve({{"eks.amazonaws.com/pod-identity", yes},
                       {"eks.amazonaws.com/role-arn", kRole},
                       {"eks.amazonaws.com/audience", "corp"},
                       {"eks.amazonaws.com/sts-regional-endpoints", "true"}},
                      settings),
              (AccountIdentity{Identity{"", "pods", seconds(3600), true, Method::kPodIdentity}, {}, terms}));
  }
  const AccountIdentity role{Identity{std::string(kRole), "sts.amazonaws.com", seconds(3600), false}, {}};
  for (const char* no : {"false", "0", ""}) {
    EXPECT_EQ(Resolve({{"eks.amazonaws.com/pod-identity", no}, {"eks.amazonaws.com/role-arn", kRole}}, settings), role);
  }
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/pod-identity", "yes"}}),
            (AccountIdentity{{},
                             {{WarningReason::kIgnoredValue,
                               "eks.amazonaws.com/pod-identity \"yes\" is not true or false; the default is used, "
                               "false"}}}));
}

TEST(PodIdentityOf, SpreadsTheDefaultLifetimeAndNoOther) {
  const AccountName name{"team-a", "app"};
  const auto expiration = [&](const AccountTerms& terms, seconds of_flag) {
    Settings settings;
    settings.token_expiration = of_flag;
    return PodIdentityOf(name, terms, settings).token_expiration;
  };
  EXPECT_EQ(expiration({}, kLongTokenExpiration), JitteredExpiration(name, kLongTokenExpiration));
  EXPECT_EQ(expiration({}, seconds(7200)), seconds(7200));
  EXPECT_EQ(expiration({seconds(86400), {}}, seconds(7200)), seconds(86400));
  EXPECT_EQ(expiration({seconds(86400), {}}, kLongTokenExpiration), seconds(86400));
}

TEST(JitteredExpiration, CoversTheWholeRangeAndIsTheSameEachTime) {
  seconds least = seconds::max();
  seconds most = seconds::min();
  for (int i = 0; i < 100'000; ++i) {
    const std::string account = "app-" + std::to_string(i);
    const seconds expiration = JitteredExpiration({"team-a", account}, kLongTokenExpiration);
    EXPECT_EQ(JitteredExpiration({"team-a", account}, kLongTokenExpiration), expiration);
    least = std::min(least, expiration);
    most = std::max(most, expiration);
  }
  EXPECT_EQ(least, seconds(79200));
  EXPECT_EQ(most, seconds(86400));
}

// Where it begins anew with each release, all tokens would be renewed at once.
TEST(JitteredExpiration, IsTheSameInEveryRelease) {
  EXPECT_EQ(JitteredExpiration({"team-a", "app"}, kLongTokenExpiration), seconds(86151));
  EXPECT_EQ(JitteredExpiration({"team-b", "app"}, kLongTokenExpiration), seconds(82116));
  EXPECT_NE(JitteredExpiration({"a", "b-c"}, kLongTokenExpiration),
            JitteredExpiration({"a-b", "c"}, kLongTokenExpiration));
}

TEST(JitteredExpiration, TakesUpToATwelfthOffAndStaysAboveTheMinimum) {
  for (const int64_t longest : {600, 605, 3600, 100000}) {
    for (int i = 0; i < 1000; ++i) {
      const std::string account = "app-" + std::to_string(i);
      const seconds expiration = JitteredExpiration({"team-a", account}, seconds(longest));
      EXPECT_LE(expiration, seconds(longest));
      EXPECT_GE(expiration, std::max(seconds(longest - longest / 12), kMinTokenExpiration));
    }
  }
}

TEST(ResolveIdentity, JittersOnlyALifetimeThatNobodyAskedForAndOnlyOnRequest) {
  Settings settings;
  settings.token_expiration = seconds(7200);
  const Annotation role{"eks.amazonaws.com/role-arn", kRole};
  EXPECT_EQ(Resolve({role}, settings).identity->token_expiration, seconds(7200));
  settings.jitters_expiration = true;
  EXPECT_EQ(Resolve({role}, settings).identity->token_expiration, JitteredExpiration({"team-a", "app"}, seconds(7200)));
  EXPECT_EQ(Resolve({role, {kExpirationKey, "7200"}}, settings).identity->token_expiration, seconds(7200));
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/pod-identity", "true"}}, settings).identity->token_expiration,
            JitteredExpiration({"team-a", "app"}, seconds(7200)));
}

TEST(ResolveIdentity, ComposesTheArnOfARoleThatIsNamed) {
  Settings settings;
  settings.composition = {true, "aws-eusc", "111122223333"};
  const auto role_of = [&](std::string_view value) {
    const AccountIdentity account = Resolve({{"eks.amazonaws.com/role-arn", value}}, settings);
    return account.identity ? account.identity->role_arn + (account.warnings.empty() ? "" : " !") : "";
  };
  EXPECT_EQ(role_of("app"), "arn:aws-eusc:iam::111122223333:role/app");
  EXPECT_EQ(role_of("team/app"), "arn:aws-eusc:iam::111122223333:role/team/app");
  // As the established webhook has it: what is given is behind "role/", whatever it is.
  EXPECT_EQ(role_of("role/app"), "arn:aws-eusc:iam::111122223333:role/role/app");
  EXPECT_EQ(role_of(kRole), kRole);
  EXPECT_EQ(role_of("xarn:y"), "xarn:y !");
  EXPECT_EQ(role_of("two words"), "arn:aws-eusc:iam::111122223333:role/two words !");
  EXPECT_EQ(role_of("/app"), "arn:aws-eusc:iam::111122223333:role//app !");
  EXPECT_EQ(role_of(std::string(2048, 'x')), "") << "composed it is too long for STS";
  settings.composition.is_on = false;
  EXPECT_EQ(role_of("app"), "app !");
}

// `irsa audit` may not know it.
TEST(ResolveIdentity, KeepsTheRolesNameWhereTheAccountIsNotKnown) {
  Settings settings;
  settings.composition.is_on = true;
  const AccountIdentity account = Resolve({{"eks.amazonaws.com/role-arn", "team/app"}}, settings);
  ASSERT_TRUE(account.identity);
  EXPECT_EQ(account.identity->role_arn, "team/app");
  EXPECT_TRUE(account.warnings.empty());
  EXPECT_TRUE(IsRoleOf(*account.identity, "arn:aws-cn:iam::999999999999:role/team/app", settings.composition));
  EXPECT_FALSE(IsRoleOf(*account.identity, "arn:aws-cn:iam::999999999999:role/app", settings.composition));
  const std::string too_long(kMaxRoleArnBytes + 1, 'x');
  EXPECT_FALSE(Resolve({{"eks.amazonaws.com/role-arn", too_long}}, settings).identity);
  settings.composition.is_on = false;
  EXPECT_FALSE(IsRoleOf(*account.identity, "arn:aws-cn:iam::999999999999:role/team/app", settings.composition));
}

TEST(ResolveIdentity, ReadsWhatAccountsSayOfTheirPods) {
  const std::vector<Annotation> annotations = {{"eks.amazonaws.com/role-arn", kRole},
                                               {"eks.amazonaws.com/region", "us-east-2"},
                                               {"eks.amazonaws.com/use-fips", "true"},
                                               {"eks.amazonaws.com/role-session-name", "{namespace}@{pod}"},
                                               {"eks.amazonaws.com/include-containers", "app,job"},
                                               {"eks.amazonaws.com/skip-containers", "proxy"}};
  AccountTerms terms;
  terms.region = "us-east-2";
  terms.use_fips = true;
  terms.containers = {.included = std::vector<std::string>{"app", "job"}, .skipped = std::vector<std::string>{"proxy"}};
  terms.session_name = {"team-a@{pod}", "team-a.app"};
  const Identity identity = RoleIdentityOf({"team-a", "app"}, std::string(kRole), terms, {});
  EXPECT_EQ(identity.region, "us-east-2");
  EXPECT_EQ(identity.containers, terms.containers);
  EXPECT_EQ(identity.session_name, terms.session_name);
  EXPECT_EQ(Resolve(annotations), (AccountIdentity{identity, {}, terms}));

  std::vector<Annotation> pod_identity = annotations;
  pod_identity.push_back({"eks.amazonaws.com/pod-identity", "true"});
  EXPECT_EQ(Resolve(pod_identity), (AccountIdentity{PodIdentityOf({"team-a", "app"}, terms, {}), {}, terms}))
      << "EKS names the sessions of Pod Identity itself";
}

TEST(WillRunAs, NamesTheMethodWhereIrsaKnowsNoRole) {
  EXPECT_EQ(WillRunAs(PodIdentityOf({"a", "b"}, {}, {})),
            (Warning{WarningReason::kWillRunAs, "will run with EKS Pod Identity, as the role of its association"}));
}

TEST(ResolveIdentity, IsNothingWithoutARole) {
  EXPECT_EQ(Resolve({}), AccountIdentity{});
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/audience", "mine"}}).identity, std::nullopt);
  EXPECT_EQ(Resolve({{"example.com/role-arn", kRole}}), AccountIdentity{});
}

TEST(ResolveIdentity, TakesAnEmptyValueForAbsent) {
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/role-arn", ""}, {"eks.amazonaws.com/role-arm", ""}}), AccountIdentity{});
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/role-arn", kRole},
                     {"eks.amazonaws.com/audience", ""},
                     {"eks.amazonaws.com/token-expiration", ""},
                     {"eks.amazonaws.com/sts-regional-endpoints", ""}}),
            (AccountIdentity{Identity{std::string(kRole), "sts.amazonaws.com", seconds(86400), false}, {}}));
}

TEST(ResolveIdentity, KeepsAMalformedRoleArnWithAWarning) {
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/r\n"}}),
            (AccountIdentity{Identity{"arn:aws:iam::1:role/r\n", "sts.amazonaws.com", seconds(86400), false},
                             {{WarningReason::kMalformedRoleArn,
                               "eks.amazonaws.com/role-arn \"arn:aws:iam::1:role/r\\x0a\" is not "
                               "arn:aws:iam::ACCOUNT:role/NAME; used as is"}}}));
}

TEST(ResolveIdentity, TakesARoleArnAndAnAudienceOfTheLongestThatStsTakes) {
  const std::string arn = std::string(kRole) + std::string(kMaxRoleArnBytes - kRole.size(), 'x');
  const std::string audience(kMaxAudienceBytes, 'a');
  const AccountIdentity account =
      Resolve({{"eks.amazonaws.com/role-arn", arn}, {"eks.amazonaws.com/audience", audience}});
  ASSERT_TRUE(account.identity);
  EXPECT_EQ(account.identity->role_arn, arn);
  EXPECT_EQ(account.identity->audience, audience);
}

TEST(ResolveIdentity, IgnoresARoleArnAndAnAudienceThatAreLonger) {
  const std::string arn(kMaxRoleArnBytes + 1, 'r');
  const std::string audience(kMaxAudienceBytes + 1, 'a');
  const std::string shown_arn = std::string(40, 'r');
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/role-arn", arn}}),
            (AccountIdentity{{},
                             {{WarningReason::kMalformedRoleArn,
                               "eks.amazonaws.com/role-arn \"" + shown_arn + "\"… is over 2048 bytes; ignored"}}}));
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/role-arn", kRole}, {"eks.amazonaws.com/audience", audience}}),
            (AccountIdentity{Identity{std::string(kRole), "sts.amazonaws.com", seconds(86400), false},
                             {{WarningReason::kIgnoredValue, "eks.amazonaws.com/audience \"" + std::string(40, 'a') +
                                                                 "\"… is over 2048 bytes; the default is used"}}}));
}

TEST(ResolveIdentity, IgnoresUnreadableRegionalEndpointsAndSaysWhatHolds) {
  for (const bool regional : {false, true}) {
    Settings settings;
    settings.regional_sts = regional;
    EXPECT_EQ(
        Resolve({{"eks.amazonaws.com/role-arn", kRole}, {"eks.amazonaws.com/sts-regional-endpoints", "yes"}}, settings),
        (AccountIdentity{Identity{std::string(kRole), "sts.amazonaws.com", seconds(86400), regional},
                         {{WarningReason::kIgnoredValue,
                           "eks.amazonaws.com/sts-regional-endpoints \"yes\" is not true or false; the default "
                           "is used, " +
                               std::string(regional ? "true" : "false")}}}));
  }
}

TEST(ResolveIdentity, FallsBackToTheSettingsForAnIgnoredExpiration) {
  EXPECT_EQ(Resolve({{"eks.amazonaws.com/role-arn", kRole}, {kExpirationKey, "1h"}}),
            (AccountIdentity{Identity{std::string(kRole), "sts.amazonaws.com", seconds(86400), false},
                             {{WarningReason::kIgnoredValue,
                               "eks.amazonaws.com/token-expiration \"1h\" is not a number of seconds; ignored"}}}));
}

TEST(ResolveIdentity, WarnsInTheOrderOfTheAnnotationsEvenWithoutARole) {
  const AccountIdentity account = Resolve({{"eks.amazonaws.com/role-arm", kRole},
                                           {"eks.amazonaws.com/region", "EU"},
                                           {"eks.amazonaws.com/token-expiration", "1"},
                                           {"eks.amazonaws.com/sts-regional-endpoints", "on"}});
  EXPECT_EQ(account.identity, std::nullopt);
  std::vector<WarningReason> reasons;
  for (const Warning& warning : account.warnings) reasons.push_back(warning.reason);
  EXPECT_EQ(reasons, (std::vector{WarningReason::kUnknownAnnotation, WarningReason::kIgnoredValue,
                                  WarningReason::kExpirationOutOfRange, WarningReason::kIgnoredValue}));
  EXPECT_EQ(account.warnings[0].text,
            "unknown annotation \"eks.amazonaws.com/role-arm\" is ignored: did you mean role-arn?");
  EXPECT_EQ(account.warnings[1].text,
            "eks.amazonaws.com/region \"EU\" is not a region such as eu-central-1; the default is used");
}

TEST(ParseTokenExpiration, TakesWhatIsInRangeWithoutAWarning) {
  const std::pair<std::string_view, int64_t> values[] = {
      {"600", 600}, {"+3600", 3600}, {"0003600", 3600}, {"86400", 86400}};
  for (const auto& [value, expected] : values) {
    std::vector<Warning> warnings;
    EXPECT_EQ(ParseTokenExpiration(kExpirationKey, value, warnings), seconds(expected));
    EXPECT_TRUE(warnings.empty());
  }
}

TEST(ParseTokenExpiration, RaisesWhatIsBelowTheMinimum) {
  for (const std::string value : {"599", "0", "-0", "+0", "-1", "-9223372036854775808"}) {
    std::vector<Warning> warnings;
    EXPECT_EQ(ParseTokenExpiration("k", value, warnings), seconds(600));
    EXPECT_EQ(warnings, (std::vector<Warning>{{WarningReason::kExpirationOutOfRange,
                                               "k \"" + value + "\" is below 600 seconds; 600 is used"}}));
  }
}

TEST(ParseTokenExpiration, TakesWhatIsLongWithAWarning) {
  const std::pair<std::string, int64_t> values[] = {{"86401", 86401}, {"4294967295", 4294967295}};
  for (const auto& [value, expected] : values) {
    std::vector<Warning> warnings;
    EXPECT_EQ(ParseTokenExpiration("k", value, warnings), seconds(expected));
    EXPECT_EQ(warnings, (std::vector<Warning>{{WarningReason::kExpirationOutOfRange,
                                               "k \"" + value +
                                                   "\" is over 86400 seconds; the cluster may grant "
                                                   "less"}}));
  }
}

TEST(ParseTokenExpiration, IgnoresWhatTheApiWouldRefuse) {
  for (const std::string value :
       {"4294967296", "9223372036854775807", "9223372036854775808", "+99999999999999999999", "-9223372036854775809"}) {
    std::vector<Warning> warnings;
    EXPECT_EQ(ParseTokenExpiration("k", value, warnings), std::nullopt);
    EXPECT_EQ(warnings,
              (std::vector<Warning>{{WarningReason::kIgnoredValue, "k \"" + value +
                                                                       "\" is not within 600 to 4294967295 seconds; "
                                                                       "ignored"}}));
  }
}

TEST(ParseTokenExpiration, IgnoresWhatIsNoNumber) {
  for (const std::string value : {"", "+", "-", "+-5", "-+5", "++5", "--5", " 900", "900 ", "1h", "1e4", "3600.0",
                                  "0x258", "1_000", "99999999999999999999x", "abc"}) {
    std::vector<Warning> warnings;
    EXPECT_EQ(ParseTokenExpiration("k", value, warnings), std::nullopt);
    EXPECT_EQ(warnings, (std::vector<Warning>{{WarningReason::kIgnoredValue,
                                               "k \"" + value + "\" is not a number of seconds; ignored"}}));
  }
}

TEST(ParseGoBool, KnowsTwelveSpellings) {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) EXPECT_EQ(ParseGoBool(text), true) << text;
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) EXPECT_EQ(ParseGoBool(text), false) << text;
  for (const char* text : {"", "yes", "no", "tRUE", "true ", "10", "on"})
    EXPECT_EQ(ParseGoBool(text), std::nullopt) << text;
}

}  // namespace
}  // namespace irsa::identity
