#include "irsa/oidc/key_rotation.h"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/oidc/signing_key.h"

namespace irsa::oidc {
namespace {

using ::testing::HasSubstr;

const base::SystemTime kStart{std::chrono::seconds(1'790'000'000)};

RotationSettings Settings() {
  RotationSettings settings;
  settings.current = {{"old.pub", "old.key"}};
  settings.next = {"new.pub", "new.key"};
  settings.start = kStart;
  settings.rollout = std::chrono::minutes(10);
  settings.cache_lifetime = std::chrono::hours(1);
  settings.max_token_lifetime = std::chrono::hours(24);
  return settings;
}

constexpr char kSignOld[] = "--service-account-signing-key-file=old.key";
constexpr char kSignNew[] = "--service-account-signing-key-file=new.key";
constexpr char kVerifyOld[] = "--service-account-key-file=old.pub";
constexpr char kVerifyNew[] = "--service-account-key-file=new.pub";

TEST(RotationPlan, PublishesBeforeItSignsAndKeepsUntilTokensExpire) {
  using std::chrono::hours;
  using std::chrono::minutes;
  const std::vector<RotationStep> plan = {
      {RotationStage::kPublish, kStart, {"old.pub", "new.pub"}, {kSignOld, kVerifyOld, kVerifyNew}},
      {RotationStage::kWaitForCaches, kStart + minutes(10), {"old.pub", "new.pub"}, {kSignOld, kVerifyOld, kVerifyNew}},
      {RotationStage::kSwitch, kStart + minutes(70), {"new.pub", "old.pub"}, {kSignNew, kVerifyNew, kVerifyOld}},
      {RotationStage::kWaitForTokens, kStart + minutes(80), {"new.pub", "old.pub"}, {kSignNew, kVerifyNew, kVerifyOld}},
      {RotationStage::kRemove, kStart + minutes(80) + hours(24), {"new.pub"}, {kSignNew, kVerifyNew}}};
  EXPECT_EQ(PlanRotation(Settings()), plan);
}

TEST(RotationPlan, RemovesOnlyTheKeyThatSigned) {
  RotationSettings settings = Settings();
  settings.current.push_back({"third.pub", "third.key"});
  const auto plan = PlanRotation(settings);
  EXPECT_EQ(plan.front().published_files, (std::vector<std::string>{"old.pub", "third.pub", "new.pub"}));
  EXPECT_EQ(plan[2].published_files, (std::vector<std::string>{"new.pub", "old.pub", "third.pub"}));
  EXPECT_EQ(plan.back().published_files, (std::vector<std::string>{"new.pub", "third.pub"}));
  EXPECT_EQ(plan.back().flags,
            (std::vector<std::string>{kSignNew, kVerifyNew, "--service-account-key-file=third.pub"}));
}

TEST(RotationPlan, MayHaveNothingToWaitFor) {
  RotationSettings settings = Settings();
  settings.rollout = settings.cache_lifetime = settings.max_token_lifetime = std::chrono::seconds(0);
  const auto plan = PlanRotation(settings);
  ASSERT_EQ(plan.size(), 5U);
  for (const RotationStep& step : plan) EXPECT_EQ(step.begin, kStart);
}

TEST(RotationStage, HasAName) {
  std::string names;
  for (const RotationStage stage : {RotationStage::kPublish, RotationStage::kWaitForCaches, RotationStage::kSwitch,
                                    RotationStage::kWaitForTokens, RotationStage::kRemove, RotationStage::kDone}) {
    names.append(RotationStageName(stage)).append(" ");
  }
  EXPECT_EQ(names, "publish wait-for-caches switch wait-for-tokens remove done ");
}

constexpr const char* kNeitherPublished =
    "wrong: neither key is published: check that both are this cluster's; if they are, publish both beside the keys "
    "that are there";

// A rotation from RsaKey to EcKey.
class RotationPositionTest : public ::testing::Test {
 protected:
  // "stage: detail", "wrong: detail".
  std::string Find(const JwkSet& published, const SigningKey* signer) const {
    std::optional<Jwt> token;
    if (signer != nullptr) token = TokenBy(*signer);
    const RotationPosition position = FindRotationPosition(current_, new_, published, token ? &*token : nullptr);
    return std::string(position.stage ? RotationStageName(*position.stage) : "wrong") + ": " + position.detail;
  }

  static Jwt TokenBy(const SigningKey& key) {
    const Algorithm algorithm = key.Public().algorithm();
    return ParseJwt(
               key.Token(algorithm, "{\"alg\":\"" + std::string(AlgorithmName(algorithm)) + R"(","kid":"k"})", "{}"))
        .value();
  }

  const SigningKey& signs_old_ = RsaKey();
  const SigningKey& signs_new_ = EcKey();
  const PublicKey old_ = RsaKey().Public();
  const PublicKey new_ = EcKey().Public();
  std::vector<const PublicKey*> current_ = {&old_};
  const JwkSet only_old_ = SetOf({&RsaKey()});
  const JwkSet only_new_ = SetOf({&EcKey()});
  const JwkSet both_ = SetOf({&OtherRsaKey(), &RsaKey(), &EcKey()});
};

TEST_F(RotationPositionTest, BeginsWithPublishing) {
  EXPECT_EQ(Find(only_old_, &signs_old_), "publish: only the old key is published: publish the new one beside it");
  EXPECT_EQ(Find(only_old_, nullptr), "publish: only the old key is published: publish the new one beside it");
}

TEST_F(RotationPositionTest, WaitsForCachesWhileTheOldKeySigns) {
  EXPECT_EQ(Find(both_, &signs_old_),
            "wait-for-caches: both keys are published and the old one signs: switch when the old key set has left "
            "every cache");
}

TEST_F(RotationPositionTest, AsksForATokenWhenItMatters) {
  EXPECT_EQ(Find(both_, nullptr),
            "wait-for-caches: both keys are published; a newly issued token (--token) shows whether the new one signs "
            "already");
}

TEST_F(RotationPositionTest, WaitsForTokensOnceTheNewKeySigns) {
  EXPECT_EQ(Find(both_, &signs_new_),
            "wait-for-tokens: both keys are published and the new one signs: remove the old one when its last token "
            "has expired");
}

TEST_F(RotationPositionTest, EndsWhenOnlyTheNewKeyIsPublished) {
  EXPECT_EQ(Find(only_new_, &signs_new_), "done: only the new key is published");
  EXPECT_EQ(Find(only_new_, nullptr), "done: only the new key is published");
}

TEST_F(RotationPositionTest, IsWrongWhenTheSigningKeyIsNotPublished) {
  EXPECT_EQ(Find(only_old_, &signs_new_),
            "wrong: the new key signs but is not published: its tokens are refused; publish it beside the old one now");
  EXPECT_EQ(Find(only_new_, &signs_old_),
            "wrong: the old key signs but is no longer published: its tokens are refused; publish it beside the new "
            "one now");
}

TEST_F(RotationPositionTest, IsWrongWhenNeitherKeyIsPublished) {
  EXPECT_EQ(Find(SetOf({&OtherRsaKey()}), &signs_old_), kNeitherPublished);
  EXPECT_EQ(Find(JwkSet(), nullptr), kNeitherPublished);
}

TEST_F(RotationPositionTest, IsWrongWhenAnotherKeySigned) {
  EXPECT_EQ(
      Find(both_, &OtherRsaKey()),
      "wrong: the token is signed by neither key; its kid is \"k\": check that it is a new token of this cluster and "
      "that both keys are the cluster's");
  Jwt token = TokenBy(OtherRsaKey());
  token.header.key_id.reset();
  EXPECT_EQ(FindRotationPosition(current_, new_, both_, &token).detail,
            "the token is signed by neither key: check that it is a new token of this cluster and that both keys are "
            "the cluster's");
}

TEST_F(RotationPositionTest, KnowsAnotherKeyThatIsGiven) {
  const PublicKey other = OtherRsaKey().Public();
  current_.push_back(&other);
  EXPECT_EQ(Find(both_, &OtherRsaKey()), "wrong: the token is signed by a key that stays, " + other.id() +
                                             ": pass the key that signs now as the current one");
  EXPECT_THAT(Find(both_, &signs_old_), HasSubstr("wait-for-caches"));
}

TEST_F(RotationPositionTest, IsWrongUnderAnotherIdThanKubeApiservers) {
  JwkSet set = SetOf({&RsaKey(), &EcKey()});
  set.keys[1].id = "mine";
  EXPECT_EQ(Find(set, &signs_old_),
            "wrong: the new key is published under another kid than kube-apiserver's, " + new_.id() +
                ": no token it signs can be verified; publish it under that kid, as irsa issuer publish does");
  set = SetOf({&RsaKey(), &EcKey()});
  set.keys[0].id.reset();
  EXPECT_THAT(Find(set, nullptr), HasSubstr("wrong: the old key is published under another kid"));
}

TEST_F(RotationPositionTest, TellsKeysByTheirNumbers) {
  JwkSet set = SetOf({&OtherRsaKey()});
  set.keys[0].id = old_.id();
  EXPECT_EQ(Find(set, nullptr), kNeitherPublished);
}

TEST_F(RotationPositionTest, TakesAKeyThatIsPublishedUnderItsIdToo) {
  JwkSet set = SetOf({&RsaKey(), &RsaKey()});
  set.keys[0].id = "alias";
  EXPECT_THAT(Find(set, nullptr), HasSubstr("publish: only the old key"));
}

}  // namespace
}  // namespace irsa::oidc
