#include "irsa/identity/sources/identity_index.h"

#include <string>

#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

IdentityIndex::Entry Role(std::string arn) {
  AccountIdentity account;
  account.identity.emplace().role_arn = std::move(arn);
  return std::make_shared<const AccountIdentity>(account);
}

TEST(IdentityIndex, FindsWhatWasPut) {
  IdentityIndex index;
  const IdentityIndex::Entry role = Role("r");
  EXPECT_TRUE(index.Put("team-a", "web", role));
  EXPECT_TRUE(index.Put("team-b", "web", nullptr));
  ASSERT_NE(index.Find({"team-a", "web"}), nullptr);
  EXPECT_EQ(*index.Find({"team-a", "web"}), role);
  ASSERT_NE(index.Find({"team-b", "web"}), nullptr);
  EXPECT_EQ(*index.Find({"team-b", "web"}), nullptr);
  EXPECT_EQ(index.size(), 2U);
}

TEST(IdentityIndex, ReplacesAnEntryAndSaysThatItWasThere) {
  IdentityIndex index;
  EXPECT_TRUE(index.Put("a", "b", Role("old")));
  const IdentityIndex::Entry role = Role("new");
  EXPECT_FALSE(index.Put("a", "b", role));
  EXPECT_EQ(*index.Find({"a", "b"}), role);
  EXPECT_EQ(index.size(), 1U);
}

TEST(IdentityIndex, DoesNotKnowOtherAccounts) {
  IdentityIndex index;
  index.Put("team", "web", nullptr);
  for (const auto& [namespace_name, name] :
       {std::pair("team", "we"), std::pair("tea", "web"), std::pair("web", "team"), std::pair("", "team/web"),
        std::pair("team/web", ""), std::pair("", ""), std::pair("team/", "web"), std::pair("team", "/web"),
        std::pair("team/w", "b")}) {
    EXPECT_EQ(index.Find({namespace_name, name}), nullptr) << namespace_name << " " << name;
  }
}

TEST(IdentityIndex, TellsApartWhatReadsAlike) {
  IdentityIndex index;
  index.Put("a-b", "c", Role("1"));
  index.Put("a", "b-c", Role("2"));
  EXPECT_EQ((*index.Find({"a-b", "c"}))->identity->role_arn, "1");
  EXPECT_EQ((*index.Find({"a", "b-c"}))->identity->role_arn, "2");
}

TEST(IdentityIndex, HoldsManyAccounts) {
  IdentityIndex index;
  for (int i = 0; i < 20000; ++i) index.Put("n" + std::to_string(i % 100), "a" + std::to_string(i), nullptr);
  EXPECT_EQ(index.size(), 20000U);
  EXPECT_NE(index.Find({"n99", "a19999"}), nullptr);
  EXPECT_EQ(index.Find({"n98", "a19999"}), nullptr);
}

}  // namespace
}  // namespace irsa::identity
