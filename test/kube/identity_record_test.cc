#include "irsa/kube/identity_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::kube {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;
using ::testing::HasSubstr;

constexpr const char* kRoleArn = "arn:aws:iam::111122223333:role/app";

RecordedIdentity Recorded(std::string role_arn = kRoleArn) {
  return {.role_arn = std::move(role_arn),
          .audience = "sts.amazonaws.com",
          .token_expiration = std::chrono::seconds(86400),
          .region = "",
          .regional_sts = false};
}

Json EntryOf(const std::string& role_arn = kRoleArn) {
  return {{"roleArn", role_arn},
          {"audience", "sts.amazonaws.com"},
          {"tokenExpirationSeconds", 86400},
          {"region", ""},
          {"stsRegionalEndpoints", false}};
}

IdentityMap MapOf(const Json& accounts) {
  return ReadIdentityMap({{"metadata", Json::object()}, {"spec", {{"accounts", accounts}}}}).value();
}

TEST(IdentityRecord, HoldsWhatAPodIsGiven) {
  mutation::Settings settings;
  settings.default_region = "eu-central-1";
  const mutation::Identity identity{kRoleArn, "sts.example.com", std::chrono::seconds(3600), true};
  EXPECT_EQ(RecordIdentity(identity, settings).value(),
            (RecordedIdentity{kRoleArn, "sts.example.com", std::chrono::seconds(3600), "eu-central-1", true}));
}

TEST(IdentityRecord, RefusesWhatTheSchemaWould) {
  const mutation::Identity identity{kRoleArn, "sts.amazonaws.com", std::chrono::seconds(86400), false};
  mutation::Identity long_role = identity;
  long_role.role_arn = std::string(2048, 'r');
  EXPECT_TRUE(RecordIdentity(long_role, {}).ok());
  long_role.role_arn += 'r';
  const auto role = RecordIdentity(long_role, {});
  EXPECT_EQ(role.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(role.error().message, HasSubstr("role ARN \"rrr"));
  EXPECT_THAT(role.error().message, HasSubstr("has 2049 bytes: at most 2048 can be recorded"));

  mutation::Identity long_audience = identity;
  long_audience.audience = std::string(1025, 'a');
  EXPECT_THAT(RecordIdentity(long_audience, {}).error().message, HasSubstr("audience \"aaa"));

  mutation::Settings long_region;
  long_region.default_region = std::string(65, 'g');
  EXPECT_THAT(RecordIdentity(identity, long_region).error().message, HasSubstr("region \"ggg"));
}

TEST(IdentityRecord, ReadsAMap) {
  const auto map = ReadIdentityMap({{"metadata", {{"name", "identities"}, {"resourceVersion", "7"}, {"generation", 3}}},
                                    {"spec", {{"accounts", {{"app", EntryOf()}}}}},
                                    {"status", {{"observedGeneration", 2}, {"accounts", 5}}}});
  EXPECT_EQ(map.value(), (IdentityMap{.accounts = {{"app", Recorded()}},
                                      .resource_version = "7",
                                      .generation = 3,
                                      .observed_generation = 2,
                                      .observed_accounts = 5}));
}

TEST(IdentityRecord, ReadsWhatThereIsOfAMap) {
  const Json bare = {{"metadata", Json::object()}};
  EXPECT_EQ(ReadIdentityMap(bare).value(), IdentityMap());
  for (const char* spec : {"{}", "[]", "null", R"({"accounts": null})", R"({"accounts": []})"}) {
    Json object = bare;
    object["spec"] = Json::parse(spec);
    EXPECT_EQ(ReadIdentityMap(object).value(), IdentityMap()) << spec;
  }
  for (const char* text : {"[]", "{}", R"({"metadata": []})", "1"}) {
    EXPECT_EQ(ReadIdentityMap(Json::parse(text)).error(),
              (Error{ErrorCode::kInvalid, "an identity map without metadata"}))
        << text;
  }
}

TEST(IdentityRecord, KnowsAnEntryThatIsNotItsOwn) {
  for (const char* member : {"roleArn", "audience", "tokenExpirationSeconds", "region", "stsRegionalEndpoints"}) {
    Json missing = EntryOf();
    missing.erase(member);
    EXPECT_EQ(MapOf({{"app", missing}}).accounts.at("app"), std::nullopt) << member;
    Json wrong = EntryOf();
    wrong[member] = Json::array();
    EXPECT_EQ(MapOf({{"app", wrong}}).accounts.at("app"), std::nullopt) << member;
  }
  EXPECT_EQ(MapOf({{"app", 1}}).accounts.at("app"), std::nullopt);
}

TEST(IdentityRecord, PatchesNoOtherEntries) {
  EXPECT_EQ(Json::parse(RecordPatch({{"app", Recorded()}, {"gone", std::nullopt}})),
            (Json{{"spec", {{"accounts", {{"app", EntryOf()}, {"gone", nullptr}}}}}}));
  EXPECT_EQ(Json::parse(RecordPatch({{"gone", std::nullopt}}, "7")),
            (Json{{"metadata", {{"resourceVersion", "7"}}}, {"spec", {{"accounts", {{"gone", nullptr}}}}}}));
}

TEST(IdentityRecord, PatchLeadsToWhatIsWanted) {
  Json object = {{"metadata", Json::object()},
                 {"spec", {{"accounts", {{"changed", EntryOf("arn:old")}, {"gone", EntryOf()}}}}}};
  object["spec"]["accounts"]["changed"]["region"] = "eu-central-1";
  const RecordChange change = {{"changed", Recorded()}, {"gone", std::nullopt}, {"new", Recorded()}};
  object.merge_patch(Json::parse(RecordPatch(change)));
  EXPECT_EQ(object["spec"]["accounts"], (Json{{"changed", EntryOf()}, {"new", EntryOf()}}));
}

TEST(IdentityRecord, NewMapHasWhatTheChangeWrites) {
  EXPECT_EQ(Json::parse(NewIdentityMap({{"app", Recorded()}, {"gone", std::nullopt}})),
            (Json{{"apiVersion", "irsa.dev/v1alpha1"},
                  {"kind", "IdentityMap"},
                  {"metadata", {{"name", "identities"}}},
                  {"spec", {{"accounts", {{"app", EntryOf()}}}}}}));
}

TEST(IdentityRecord, NewMapHasTheNameItIsGiven) {
  EXPECT_EQ(Json::parse(NewIdentityMap({}, kDryRunMapName))["metadata"]["name"], "dry-run");
}

TEST(IdentityRecord, StatusSaysWhatWasSeen) {
  EXPECT_EQ(Json::parse(RecordStatusPatch(4, 12)), Json::parse(R"({"status":{"observedGeneration":4,"accounts":12}})"));
}

TEST(IdentityRecord, IsInTheNamespaceOfTheAccount) {
  EXPECT_EQ(IdentityMapCollection("team-a").value(), "/apis/irsa.dev/v1alpha1/namespaces/team-a/identitymaps");
  for (const char* name : {"", "../x", "a/b", "Team", "a?b"}) {
    EXPECT_EQ(IdentityMapCollection(name).error().code, ErrorCode::kInvalid) << name;
  }
  EXPECT_EQ(IdentityMapCollection("a/b").error().message, "\"a/b\" is not a namespace's name");
}

}  // namespace
}  // namespace irsa::kube
