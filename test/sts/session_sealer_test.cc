#include "irsa/sts/session_sealer.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/sts/test_issuer.h"

namespace irsa::sts {
namespace {

using ::testing::MatchesRegex;
using ::testing::SizeIs;

const Session kSession{kRole, "cart", base::SystemTime(std::chrono::seconds(kNow))};

TEST(SessionSealer, OpensWhatItSealed) {
  const SessionSealer sealer = SessionSealer::Make().value();
  const Credentials credentials = sealer.Seal(kSession).value();
  EXPECT_EQ(credentials.expiration, kSession.expiration);
  const auto opened = sealer.Open(credentials.access_key_id, credentials.session_token);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->session, kSession);
  EXPECT_EQ(opened->secret_access_key, credentials.secret_access_key);
}

TEST(SessionSealer, MakesCredentialsThatLookLikeAwss) {
  const SessionSealer sealer = SessionSealer::Make().value();
  std::set<std::string> ids, secrets;
  for (int i = 0; i < 100; ++i) {
    const Credentials credentials = sealer.Seal(kSession).value();
    EXPECT_THAT(credentials.access_key_id, MatchesRegex("ASIA[A-Z2-7]{16}"));
    EXPECT_THAT(credentials.secret_access_key, MatchesRegex("[A-Za-z0-9+/]{40}"));
    ids.insert(credentials.access_key_id);
    secrets.insert(credentials.secret_access_key);
  }
  EXPECT_THAT(ids, SizeIs(100));
  EXPECT_THAT(secrets, SizeIs(100));
}

TEST(SessionSealer, RefusesEveryChangedByte) {
  const SessionSealer sealer = SessionSealer::Make().value();
  const Credentials credentials = sealer.Seal(kSession).value();
  for (size_t i = 0; i < credentials.session_token.size(); ++i) {
    std::string changed = credentials.session_token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(sealer.Open(credentials.access_key_id, changed).has_value()) << i;
  }
}

TEST(SessionSealer, RefusesAnotherAccessKeyIdOrSealer) {
  const SessionSealer sealer = SessionSealer::Make().value();
  const SessionSealer other = SessionSealer::Make().value();
  const Credentials credentials = sealer.Seal(kSession).value();
  EXPECT_FALSE(sealer.Open(sealer.Seal(kSession)->access_key_id, credentials.session_token).has_value());
  EXPECT_FALSE(other.Open(credentials.access_key_id, credentials.session_token).has_value());
}

TEST(SessionSealer, RefusesWhatIsNoToken) {
  const SessionSealer sealer = SessionSealer::Make().value();
  const std::string long_text(100'000, 'A');
  for (const std::string& text : {std::string(), std::string("x"), std::string("AAAA"), long_text}) {
    EXPECT_FALSE(sealer.Open("ASIAAAAAAAAAAAAAAAAA", text).has_value());
  }
}

TEST(SessionSealer, KeepsTheSessionsAttributes) {
  const SessionSealer sealer = SessionSealer::Make().value();
  Session session = kSession;
  session.attributes = {{{"a\nb", ""}, {"é", std::string("x\0y", 3)}}, {"é", ""}, "ann"};
  Credentials credentials = sealer.Seal(session).value();
  EXPECT_EQ(sealer.Open(credentials.access_key_id, credentials.session_token)->session, session);

  // Source identity, counts and lengths take bytes of their own.
  session.attributes = {{{"k", std::string(kMaxAttributeBytes - 11, 'v')}}, {}, ""};
  credentials = sealer.Seal(session).value();
  EXPECT_EQ(sealer.Open(credentials.access_key_id, credentials.session_token)->session, session);
  session.attributes.tags["k"] += "v";
  EXPECT_TRUE(sealer.Seal(session).FailedWith(ErrorCode::kTooLarge));
}

TEST(SessionSealer, HoldsTheLongestRoleAndName) {
  const SessionSealer sealer = SessionSealer::Make().value();
  const Session session{std::string(2048, 'r'),
                        std::string(64, 'n'),
                        base::SystemTime(std::chrono::seconds(1)),
                        {{{"k", std::string(kMaxAttributeBytes - 11, 'v')}}, {}, ""}};
  const Credentials credentials = sealer.Seal(session).value();
  EXPECT_EQ(sealer.Open(credentials.access_key_id, credentials.session_token)->session, session);
}

}  // namespace
}  // namespace irsa::sts
