#include "irsa/identity/sources/layered_identities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/fake_identity_source.h"

namespace irsa::identity {
namespace {

using ::testing::IsEmpty;

const AccountIdentity kOwn{Identity{"own", "", {}, false}, {}};
const AccountIdentity kOther{Identity{"other", "", {}, false}, {Warning{WarningReason::kMalformedRoleArn, "other"}}};
const AccountIdentity kTypo{{}, {Warning{WarningReason::kUnknownAnnotation, "typo"}}};
const Error kError{ErrorCode::kUnavailable, "not known"};

class LayeredIdentitiesTest : public ::testing::Test {
 protected:
  AccountIdentity Find() {
    const auto found = layered_.Find({"n", "a"}, {});
    EXPECT_TRUE(found.ok());
    return *found == nullptr ? AccountIdentity() : **found;
  }

  irsa::testing::FakeIdentitySource first_;
  irsa::testing::FakeIdentitySource second_;
  LayeredIdentities layered_{first_, second_};
};

TEST_F(LayeredIdentitiesTest, TakesTheFirstsIdentityWithoutAskingTheSecond) {
  first_.accounts["n/a"] = kOwn;
  second_.accounts["n/a"] = kOther;
  EXPECT_EQ(Find(), kOwn);
  EXPECT_THAT(second_.queries(), IsEmpty());
}

TEST_F(LayeredIdentitiesTest, TakesTheSecondsWhereTheFirstHasNone) {
  second_.accounts["n/a"] = kOther;
  EXPECT_EQ(Find(), kOther);
}

TEST_F(LayeredIdentitiesTest, KeepsTheFirstsWarnings) {
  first_.accounts["n/a"] = kTypo;
  EXPECT_EQ(Find(), kTypo);
  second_.accounts["n/a"] = kOther;
  EXPECT_EQ(Find(), (AccountIdentity{kOther.identity, {kTypo.warnings[0], kOther.warnings[0]}}));
}

TEST_F(LayeredIdentitiesTest, HasNoneWhereNeitherHas) { EXPECT_EQ(layered_.Find({"n", "a"}, {}).value(), nullptr); }

TEST_F(LayeredIdentitiesTest, DoesNotGuessWhereOneDoesNotKnow) {
  second_.accounts["n/a"] = kOther;
  first_.error = kError;
  EXPECT_EQ(layered_.Find({"n", "a"}, {}).error(), kError);
  first_.error.reset();
  second_.error = kError;
  EXPECT_EQ(layered_.Find({"n", "a"}, {}).error(), kError);
  first_.accounts["n/a"] = kOwn;
  EXPECT_EQ(Find(), kOwn);
}

}  // namespace
}  // namespace irsa::identity
