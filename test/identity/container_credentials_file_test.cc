#include "irsa/identity/sources/container_credentials_file.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/fake_file_reader.h"
#include "test/testing/fake_identity_source.h"
#include "test/testing/fake_log.h"

namespace irsa::identity {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kPath[] = "list.json";
constexpr char kGood[] = R"({"identities": [{"namespace": "team-a", "serviceAccount": "app"}]})";

bool Lists(const ListedAccounts& listed, std::string_view namespace_name, std::string_view name) {
  return listed.index.Find({namespace_name, name}) != nullptr;
}

TEST(ReadListedAccounts, ReadsTheFormOfTheGoWebhook) {
  const auto listed = ReadListedAccounts(R"({
    "version": 1,
    "identities": [
      {"namespace": "team-a", "serviceAccount": "app", "clusterName": "unknown fields are passed over"},
      {"Namespace": "team-b", "SERVICEACCOUNT": "app.with.dots"},
      {"namespace": "team-a", "serviceAccount": "app"},
      null
    ]})");
  ASSERT_TRUE(listed.ok());
  EXPECT_TRUE(Lists(*listed, "team-a", "app"));
  EXPECT_TRUE(Lists(*listed, "team-b", "app.with.dots"));
  EXPECT_FALSE(Lists(*listed, "team-b", "app"));
  EXPECT_EQ(listed->index.size(), 2U);
  EXPECT_THAT(listed->skipped, IsEmpty());
}

TEST(ReadListedAccounts, FindsNobodyInWhatIsEmpty) {
  for (const char* text : {"", "{}", "null", R"({"identities": null})", R"({"identities": []})"}) {
    const auto listed = ReadListedAccounts(text);
    ASSERT_TRUE(listed.ok()) << text;
    EXPECT_EQ(listed->index.size(), 0U) << text;
  }
}

TEST(ReadListedAccounts, SaysWhatIsBroken) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "it is not an object but of type array"},
      {R"({"identities": {}})", "identities is not a list but of type object"},
      {R"({"identities": ["team-a/app"]})", "identities[0] is not an object but of type string"},
      {R"({"identities": [{}, {"namespace": 1}]})", "identities[1].namespace is not a string but of type number"},
      {R"({"identities": [{"namespace": "a", "serviceAccount": []}]})",
       "identities[0].serviceAccount is not a string but of type array"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(ReadListedAccounts(text).error(), (Error{ErrorCode::kInvalid, message}));
  }
  for (const char* text : {" ", "{", R"({"identities": []} x)", "\n"}) {
    EXPECT_TRUE(ReadListedAccounts(text).FailedWith(ErrorCode::kMalformed)) << text;
  }
}

TEST(ReadListedAccounts, SkipsEntriesThatNameNobody) {
  const auto listed = ReadListedAccounts(R"({"identities": [
    {"namespace": "team-a"}, {"namespace": "team-a", "service_account": "app"},
    {"namespace": "Team", "serviceAccount": "app"}, {"namespace": "team-a", "serviceAccount": "app"}]})");
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->index.size(), 1U);
  EXPECT_THAT(listed->skipped,
              ElementsAre(R"(identities[0]: namespace "team-a" and serviceAccount "" do not name a service account)",
                          R"(identities[1]: namespace "team-a" and serviceAccount "" do not name a service account)",
                          R"(identities[2]: namespace "Team" and serviceAccount "app" do not name a service account)"));
}

class ContainerCredentialsFileTest : public ::testing::Test {
 protected:
  // Until a change has been read twice.
  Result<bool> PollTwice() {
    (void)file_.Poll();
    return file_.Poll();
  }
  bool Lists() const { return file_.Lists({"team-a", "app"}); }

  irsa::testing::FakeFileReader files_;
  irsa::testing::FakeLog log_;
  ContainerCredentialsFile file_{files_, log_, kPath};
};

TEST_F(ContainerCredentialsFileTest, ListsTheAccountsOfTheFile) {
  EXPECT_FALSE(Lists());
  files_.files[kPath] = kGood;
  ASSERT_TRUE(file_.Load().ok());
  EXPECT_TRUE(Lists());
  EXPECT_FALSE(file_.Lists({"team-a", "other"}));
  EXPECT_EQ(file_.size(), 1U);
}

TEST_F(ContainerCredentialsFileTest, ForgetsAllWhenTheFileIsEmptyOrGone) {
  files_.files[kPath] = kGood;
  ASSERT_TRUE(file_.Load().ok());
  files_.files[kPath] = "";
  EXPECT_EQ(PollTwice().value(), true);
  EXPECT_FALSE(Lists());
  files_.files[kPath] = kGood;
  EXPECT_EQ(PollTwice().value(), true);
  EXPECT_TRUE(Lists());
  files_.files.erase(kPath);
  EXPECT_EQ(PollTwice().value(), true);
  EXPECT_FALSE(Lists());
}

TEST_F(ContainerCredentialsFileTest, KeepsTheLastGoodStateOfABrokenFile) {
  files_.files[kPath] = kGood;
  ASSERT_TRUE(file_.Load().ok());
  files_.files[kPath] = R"({"identities": 1})";
  const Error broken{ErrorCode::kInvalid,
                     "container credentials file list.json: identities is not a list but of type number"};
  EXPECT_EQ(PollTwice().error(), broken);
  EXPECT_EQ(file_.Poll().error(), broken);
  EXPECT_TRUE(Lists());
  files_.files[kPath] = kGood;
  EXPECT_EQ(PollTwice().value(), true);
  EXPECT_TRUE(Lists());
}

TEST_F(ContainerCredentialsFileTest, StartsWithoutTheFileButNotWithABrokenOne) {
  EXPECT_TRUE(file_.Load().ok());
  EXPECT_EQ(file_.size(), 0U);
  files_.files[kPath] = "[";
  EXPECT_TRUE(file_.Load().FailedWith(ErrorCode::kMalformed));
}

TEST_F(ContainerCredentialsFileTest, RefusesAFileOverTheLimit) {
  files_.files[kPath] = std::string(kMaxContainerCredentialsBytes + 1, ' ');
  EXPECT_EQ(file_.Load().error(), (Error{ErrorCode::kTooLarge, "list.json is too large"}));
}

class ListedPodIdentitiesTest : public ContainerCredentialsFileTest {
 protected:
  ListedPodIdentitiesTest() {
    settings_.token_expiration = seconds(3600);
    settings_.container_credentials.audience = "pods";
    files_.files[kPath] = kGood;
    EXPECT_TRUE(file_.Load().ok());
  }

  AccountIdentity Find(std::string_view name) {
    ListedPodIdentities identities(file_, accounts_, others_, settings_);
    const auto found = identities.Find({"team-a", name}, {});
    EXPECT_TRUE(found.ok());
    return *found == nullptr ? AccountIdentity() : **found;
  }

  Settings settings_;
  irsa::testing::FakeIdentitySource accounts_;
  irsa::testing::FakeIdentitySource others_;
};

TEST_F(ListedPodIdentitiesTest, PutsPodIdentityBeforeTheRole) {
  const AccountIdentity own{
      Identity{"role", "aud", seconds(700), true}, {{WarningReason::kIgnoredValue, "w"}}, {seconds(700), true}};
  accounts_.accounts["team-a/app"] = own;
  others_.accounts["team-a/app"] = own;
  EXPECT_EQ(Find("app"),
            (AccountIdentity{Identity{"", "pods", seconds(700), true, Method::kPodIdentity}, own.warnings, own.terms}));
}

TEST_F(ListedPodIdentitiesTest, NeedsNoAnnotationsAtAll) {
  EXPECT_EQ(Find("app"), (AccountIdentity{Identity{"", "pods", seconds(3600), false, Method::kPodIdentity}, {}}));
}

TEST_F(ListedPodIdentitiesTest, LeavesWhoIsNotListedToTheOtherSource) {
  others_.accounts["team-a/other"] = {Identity{"role", "aud", seconds(700), true}, {}};
  EXPECT_EQ(Find("other"), others_.accounts["team-a/other"]);
  EXPECT_THAT(accounts_.queries(), IsEmpty());
}

TEST_F(ListedPodIdentitiesTest, NeverGuessesWhatTheAccountSays) {
  accounts_.error = Error{ErrorCode::kUnavailable, "not known"};
  ListedPodIdentities identities(file_, accounts_, others_, settings_);
  EXPECT_EQ(identities.Find({"team-a", "app"}, {}).error(), *accounts_.error);
}

}  // namespace
}  // namespace irsa::identity
