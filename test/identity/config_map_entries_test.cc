#include "irsa/identity/sources/config_map_entries.h"

#include <optional>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kArn[] = "arn:aws:iam::111122223333:role/x";

ConfigMapEntries Read(std::string_view text, const Settings& settings = {}) {
  auto entries = ReadConfigMapEntries(text, settings);
  EXPECT_TRUE(entries.ok()) << entries.error().message;
  return entries.ok() ? *std::move(entries) : ConfigMapEntries();
}

// Of the one entry n/a with these fields.
AccountIdentity ReadFields(const std::string& fields, const Settings& settings = {}) {
  const ConfigMapEntries entries = Read(R"({"n/a": {)" + fields + "}}", settings);
  EXPECT_THAT(entries.skipped, IsEmpty());
  const auto* entry = entries.index.Find({"n", "a"});
  return entry == nullptr ? AccountIdentity() : **entry;
}

// Why the one entry with this key and value was skipped.
std::string WhySkipped(const std::string& key, const std::string& value) {
  const ConfigMapEntries entries = Read("{\"" + key + "\": " + value + "}");
  EXPECT_EQ(entries.index.size(), 0U);
  return entries.skipped.size() == 1 ? entries.skipped[0] : "not skipped";
}

TEST(ConfigMapEntries, HaveAllThatAnnotationsHave) {
  const AccountIdentity account = ReadFields(
      R"("RoleARN": "arn:aws:iam::111122223333:role/x", "Audience": "other", "UseRegionalSTS": true, "TokenExpiration": 7200)");
  EXPECT_EQ(account, (AccountIdentity{Identity{kArn, "other", seconds(7200), true}, {}}));
}

TEST(ConfigMapEntries, AreAsTheSettingsSayWhereTheySayNothing) {
  Settings settings;
  settings.token_audience = "aud";
  settings.token_expiration = seconds(3600);
  settings.regional_sts = true;
  const AccountIdentity expected{Identity{kArn, "aud", seconds(3600), true}, {}};
  EXPECT_EQ(ReadFields(R"("RoleARN": "arn:aws:iam::111122223333:role/x")", settings), expected);
  EXPECT_EQ(ReadFields(R"("RoleARN": "arn:aws:iam::111122223333:role/x", "Audience": "", "UseRegionalSTS": null,
                          "TokenExpiration": 0, "Comment": [1])",
                       settings),
            expected);
  EXPECT_FALSE(ReadFields(R"("RoleARN": "x", "UseRegionalSTS": false)", settings).identity->regional_sts);
}

TEST(ConfigMapEntries, AreParsedToWhatTheyGive) {
  const auto document = ParseConfigMapEntries(R"({
      "n/b": {"RoleARN": "x", "Audience": "", "UseRegionalSTS": null, "TokenExpiration": 0},
      "n/a": {"RoleARN": "arn:aws:iam::111122223333:role/x", "Audience": "aud", "UseRegionalSTS": false, "TokenExpiration": 30},
      "*/c": {"RoleARN": "x", "TokenExpiration": 4294967296, "audience": "a", "UseRegionalSTS": true},
      "bad": {"RoleARN": "x"}})");
  ASSERT_TRUE(document.ok());
  EXPECT_THAT(document->skipped, ElementsAre(HasSubstr("entry \"bad\"")));
  ASSERT_EQ(document->entries.size(), 3U);
  const auto& [any, full, least] = std::tie(document->entries[0], document->entries[1], document->entries[2]);
  EXPECT_EQ(any.key(), "*/c");
  EXPECT_EQ(any.audience, "a");
  EXPECT_EQ(any.regional_sts, true);
  EXPECT_EQ(any.token_expiration, std::nullopt) << "one that is ignored is not given";
  EXPECT_EQ(any.warnings.size(), 2U);
  EXPECT_EQ(full.namespace_name, "n");
  EXPECT_EQ(full.service_account, "a");
  EXPECT_EQ(full.role_arn, kArn);
  EXPECT_EQ(full.audience, "aud");
  EXPECT_EQ(full.regional_sts, false);
  EXPECT_EQ(full.token_expiration, seconds(600));
  EXPECT_EQ(full.warnings.size(), 1U);
  EXPECT_EQ(least.key(), "n/b");
  EXPECT_EQ(least.audience, std::nullopt);
  EXPECT_EQ(least.regional_sts, std::nullopt);
  EXPECT_EQ(least.token_expiration, std::nullopt);
}

TEST(ConfigMapEntries, TakeFieldsInAnyCase) {
  const AccountIdentity account = ReadFields(R"("roleArn": "arn:aws:iam::111122223333:role/x", "AUDIENCE": "other")");
  EXPECT_EQ(account.identity->role_arn, kArn);
  EXPECT_EQ(account.identity->audience, "other");
}

TEST(ConfigMapEntries, MayBeForEveryNamespace) {
  const ConfigMapEntries entries = Read(R"({"*/a": {"RoleARN": "x"}, "n/b.c": {"RoleARN": "y"}})");
  EXPECT_EQ(entries.index.size(), 2U);
  EXPECT_NE(entries.index.Find({"any", "a"}), nullptr);
  EXPECT_EQ(entries.index.Find({"any", "b.c"}), nullptr);
  EXPECT_NE(entries.index.Find({"n", "b.c"}), nullptr);
}

TEST(ConfigMapEntries, GoByTheMostSpecificPattern) {
  const ConfigMapEntries entries = Read(R"({"*/a": {"RoleARN": "any"}, "team-*/a": {"RoleARN": "team"},
      "team-*-prod/a": {"RoleARN": "prod"}, "*-prod/a": {"RoleARN": "other-prod"}, "team-x/a": {"RoleARN": "x"},
      "team-*/b": {"RoleARN": "b"}})");
  EXPECT_THAT(entries.skipped, ElementsAre(HasSubstr("\"team-*/a\""), HasSubstr("\"*-prod/a\"")))
      << "both have five characters, and team-prod would match both";
  const ConfigMapEntries without = Read(R"({"*/a": {"RoleARN": "any"}, "team-*/a": {"RoleARN": "team"},
      "team-*-prod/a": {"RoleARN": "prod"}, "team-x/a": {"RoleARN": "x"}, "team-*/b": {"RoleARN": "b"}})");
  EXPECT_THAT(without.skipped, ::testing::IsEmpty());
  const std::pair<const char*, const char*> cases[] = {
      {"default", "any"}, {"team-y", "team"}, {"team-y-prod", "prod"}, {"team-x", "x"}, {"team-", "team"}};
  for (const auto& [namespace_name, role] : cases) {
    EXPECT_EQ((*without.index.Find({namespace_name, "a"}))->identity->role_arn, role) << namespace_name;
  }
  EXPECT_EQ(without.index.Find({"default", "b"}), nullptr);
}

TEST(ConfigMapEntries, SayWhichPatternsTie) {
  const auto document = ParseConfigMapEntries(R"({"a*/x": {"RoleARN": "r"}, "*b/x": {"RoleARN": "r"},
      "c*/x": {"RoleARN": "r"}, "*b/y": {"RoleARN": "r"}})");
  ASSERT_TRUE(document.ok());
  EXPECT_THAT(document->skipped,
              ::testing::UnorderedElementsAre(
                  R"(entry "a*/x": a namespace may match it and "*b/x", and neither is more specific)",
                  R"(entry "*b/x": a namespace may match it and "a*/x", and neither is more specific)",
                  HasSubstr(R"(entry "c*/x": a namespace may match it and "*b/x")")));
  ASSERT_EQ(document->entries.size(), 1U);
  EXPECT_EQ(document->entries[0].key(), "*b/y");
}

TEST(ConfigMapEntries, HaveSoManyPatternsOfAnAccountAndNoMore) {
  std::string text = "{";
  for (size_t i = 0; i <= kMaxPatternsOfAccount; ++i) {
    text += (i == 0 ? "" : ",") + ("\"n" + std::to_string(1000 + i)) + "*/a\": {\"RoleARN\": \"r\"}";
  }
  const auto document = ParseConfigMapEntries(text + "}");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->entries.size(), kMaxPatternsOfAccount);
  EXPECT_THAT(document->skipped, ElementsAre(HasSubstr("the account has over 200 patterns")));
}

TEST(ConfigMapEntries, WarnAsAnnotationsDo) {
  const AccountIdentity account = ReadFields(R"("RoleARN": "no-arn", "TokenExpiration": 30)");
  EXPECT_EQ(account.identity->role_arn, "no-arn");
  EXPECT_EQ(account.identity->token_expiration, seconds(600));
  ASSERT_EQ(account.warnings.size(), 2U);
  EXPECT_EQ(account.warnings[0].reason, WarningReason::kMalformedRoleArn);
  EXPECT_EQ(account.warnings[0].text,
            "in the ConfigMap's entry \"n/a\", RoleARN \"no-arn\" is not arn:aws:iam::ACCOUNT:role/NAME; used as is");
  EXPECT_EQ(account.warnings[1].reason, WarningReason::kExpirationOutOfRange);
  EXPECT_THAT(account.warnings[1].text, HasSubstr("entry \"n/a\", TokenExpiration \"30\" is below 600 seconds"));
}

TEST(ConfigMapEntries, KeepTheDefaultForAnExpirationThatCannotBe) {
  for (const char* number : {"4294967296", "18446744073709551615"}) {
    const AccountIdentity account = ReadFields(std::string(R"("RoleARN": "x", "TokenExpiration": )") + number);
    EXPECT_EQ(account.identity->token_expiration, seconds(86400)) << number;
    EXPECT_EQ(account.warnings.back().reason, WarningReason::kIgnoredValue) << number;
  }
  EXPECT_EQ(ReadFields(R"("RoleARN": "x", "TokenExpiration": -1)").identity->token_expiration, seconds(600));
}

TEST(ConfigMapEntries, TakeNoLongerRoleThanAnnotationsDo) {
  const std::string arn(kMaxRoleArnBytes, 'r');
  EXPECT_EQ(ReadFields(R"("RoleARN": ")" + arn + "\"").identity->role_arn, arn);
  EXPECT_EQ(WhySkipped("n/a", R"({"RoleARN": ")" + arn + "r\"}"),
            "entry \"n/a\": RoleARN \"" + arn.substr(0, 40) + "\"… is over 2048 bytes; ignored");
}

TEST(ConfigMapEntries, TakeNoLongerAudienceThanAnnotationsDo) {
  const std::string start = R"("RoleARN": ")" + std::string(kArn) + R"(", "Audience": ")";
  const std::string audience(kMaxAudienceBytes, 'a');
  EXPECT_EQ(ReadFields(start + audience + "\""),
            (AccountIdentity{Identity{kArn, audience, seconds(86400), false}, {}}));
  EXPECT_EQ(ReadFields(start + audience + "a\""),
            (AccountIdentity{Identity{kArn, "sts.amazonaws.com", seconds(86400), false},
                             {{WarningReason::kIgnoredValue, "in the ConfigMap's entry \"n/a\", Audience \"" +
                                                                 audience.substr(0, 33) +
                                                                 "\"… is over 2048 bytes; the default is used"}}}));
}

TEST(ConfigMapEntries, KeepAnAccountFromPatternsWithoutARole) {
  for (const char* fields : {"{}", R"({"RoleARN": ""})", R"({"RoleARN": null, "Audience": "x"})"}) {
    const ConfigMapEntries entries = Read(std::string(R"({"n/a": )") + fields + R"(, "*/a": {"RoleARN": "x"}})");
    EXPECT_EQ(entries.skipped, std::vector<std::string>{"entry \"n/a\": it has no RoleARN"}) << fields;
    const IdentityIndex::Entry* kept = entries.index.Find({"n", "a"});
    ASSERT_NE(kept, nullptr) << fields;
    EXPECT_EQ(*kept, nullptr) << fields;
    ASSERT_NE(entries.index.Find({"m", "a"}), nullptr) << fields;
    EXPECT_EQ((*entries.index.Find({"m", "a"}))->identity->role_arn, "x") << fields;
  }
}

TEST(ConfigMapEntries, AreSkippedWhenTheyAreBad) {
  const std::string good = R"({"RoleARN": "x"})";
  for (const char* key : {"a", "", "/", "n/", "/a", "n/a/b", "N/a", "n.m/a", "n/A", "**/a", "n/*"}) {
    EXPECT_EQ(WhySkipped(key, good),
              "entry \"" + std::string(key) +
                  "\": its key is not NAMESPACE/NAME of a service account, or a pattern like team-*/NAME");
  }
  EXPECT_EQ(WhySkipped("n/a", "\"x\""), "entry \"n/a\": it is not an object but of type string");
  EXPECT_EQ(WhySkipped("n/a", "null"), "entry \"n/a\": it is not an object but of type null");
  EXPECT_EQ(WhySkipped("n/a", R"({"RoleARN": 1})"), "entry \"n/a\": RoleARN is not a string but of type number");
  EXPECT_EQ(WhySkipped("n/a", R"({"RoleARN": "x", "Audience": []})"),
            "entry \"n/a\": Audience is not a string but of type array");
  EXPECT_EQ(WhySkipped("n/a", R"({"RoleARN": "x", "UseRegionalSTS": "yes"})"),
            "entry \"n/a\": UseRegionalSTS is not true or false but of type string");
  EXPECT_EQ(WhySkipped("n/a", R"({"RoleARN": "x", "TokenExpiration": 1.5})"),
            "entry \"n/a\": TokenExpiration is not a whole number but of type number");
}

TEST(ConfigMapEntries, AreReadBesideBadOnes) {
  const ConfigMapEntries entries = Read(R"({"bad": {}, "n/a": {"RoleARN": "x"}, "n/b": 1})");
  EXPECT_EQ(entries.index.size(), 1U);
  EXPECT_THAT(entries.skipped, ElementsAre(HasSubstr("\"bad\""), HasSubstr("\"n/b\"")));
}

TEST(ConfigMapEntries, AreNoneInABrokenDocument) {
  const std::pair<std::string, Error> cases[] = {
      {"", {ErrorCode::kMalformed, "not valid JSON at byte 1"}},
      {"n/a: {}", {ErrorCode::kMalformed, "not valid JSON at byte 2"}},
      {"[]", {ErrorCode::kInvalid, "not an object but of type array"}},
      {R"({"n/a": {}, "n/a": {}})", {ErrorCode::kMalformed, "not acceptable JSON: a key occurs twice in an object"}}};
  for (const auto& [text, error] : cases) EXPECT_EQ(ReadConfigMapEntries(text, {}).error(), error) << text;
  EXPECT_EQ(ReadConfigMapEntries(std::string(kMaxConfigMapBytes + 1, ' '), {}).error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace irsa::identity
