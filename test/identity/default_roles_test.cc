#include <future>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/identity/sources/cluster_annotations.h"
#include "irsa/identity/sources/layered_identities.h"

#include "test/kube/reflector_fixture.h"
#include "test/testing/await.h"
#include "test/testing/fake_identity_source.h"

namespace irsa::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kRole[] = "arn:aws:iam::111122223333:role/team";
const Error kError{ErrorCode::kUnavailable, "not known"};

class FakeNamespaces final : public NamespaceSource {
 public:
  std::map<std::string, NamespaceDefaults, std::less<>> defaults;
  std::optional<Error> error;
  std::vector<std::string> queries;

  Result<std::shared_ptr<const NamespaceDefaults>> FindDefaults(std::string_view namespace_name,
                                                                base::SteadyTime /*deadline*/) override {
    queries.emplace_back(namespace_name);
    if (error) return *error;
    const auto found = defaults.find(namespace_name);
    if (found == defaults.end()) return std::shared_ptr<const NamespaceDefaults>();
    return std::make_shared<const NamespaceDefaults>(found->second);
  }
};

class DefaultRolesTest : public ::testing::Test {
 protected:
  irsa::testing::FakeIdentitySource accounts_;
  FakeNamespaces namespaces_;
  DefaultRoles roles_{accounts_, namespaces_, {}};
};

TEST_F(DefaultRolesTest, AsksAboutTheNamespaceOfAnAccountWithoutAnIdentityOnly) {
  namespaces_.defaults["n"] = {kRole, {}};
  accounts_.accounts["n/own"] = {RoleIdentityOf({"n", "own"}, "own", {}, {}), {}};
  accounts_.accounts["n/typo"] = {{}, {Warning{WarningReason::kUnknownAnnotation, "typo"}}};
  EXPECT_EQ(roles_.Find({"n", "own"}, {}).value()->identity->role_arn, "own");
  EXPECT_THAT(namespaces_.queries, IsEmpty());
  EXPECT_EQ(roles_.Find({"n", "none"}, {}).value()->identity->role_arn, kRole);
  const auto typo = roles_.Find({"n", "typo"}, {}).value();
  EXPECT_EQ(typo->identity->role_arn, kRole);
  EXPECT_EQ(typo->warnings.size(), 1U);
  EXPECT_EQ(roles_.Find({"other", "none"}, {}).value(), nullptr);
  EXPECT_THAT(namespaces_.queries, ElementsAre("n", "n", "other"));
}

TEST_F(DefaultRolesTest, DoesNotGuess) {
  namespaces_.defaults["n"] = {kRole, {}};
  accounts_.error = kError;
  EXPECT_EQ(roles_.Find({"n", "a"}, {}).error(), kError);
  EXPECT_THAT(namespaces_.queries, IsEmpty());
  accounts_.error.reset();
  namespaces_.error = kError;
  EXPECT_EQ(roles_.Find({"n", "a"}, {}).error(), kError);
}

std::string Namespace(std::string_view name, int version, std::string_view role = {}) {
  const std::string annotations =
      role.empty() ? "" : R"(,"annotations":{"eks.amazonaws.com/default-role-arn":")" + std::string(role) + "\"}";
  return R"({"metadata":{"name":")" + std::string(name) + R"(","resourceVersion":")" + std::to_string(version) + "\"" +
         annotations + "}}";
}

class ClusterNamespacesTest : public ::testing::Test {
 protected:
  ClusterNamespacesTest() {
    reflection_.stream_lists = false;
    reflection_.max_watch_silence = kube::FakeWaiter::kLong;
  }

  void BeginWith(const std::vector<std::string>& objects) {
    server_.Add(kube::Answer(200, kube::Page(10, objects)));
    namespaces_ = std::make_unique<ClusterNamespaces>(
        server_, kube::ReflectorTools{clock_, waiter_, log_, [] { return 0.5; }}, Settings(), lookup_, reflection_);
    namespaces_->Start();
    server_.WaitUntilIdle();
  }
  // The role, "-" for none, or the error's message.
  std::string Role(std::string_view name, std::chrono::hours patience = std::chrono::hours(1)) {
    const auto defaults = namespaces_->FindDefaults(name, clock_.SteadyNow() + patience);
    if (!defaults.ok()) return defaults.error().message;
    return *defaults == nullptr ? "-" : (*defaults)->role_arn;
  }
  // Comes again for as long as it is told to.
  std::future<std::string> RoleLater(const char* name) {
    return std::async(std::launch::async, [this, name] {
      std::string role;
      EXPECT_TRUE(testing::Await([&] { return (role = Role(name)).find("too many requests") == std::string::npos; }));
      return role;
    });
  }

  irsa::testing::FakeClock clock_;
  kube::FakeWaiter waiter_;
  irsa::testing::FakeLog log_;
  kube::ScriptedApiServer server_;
  kube::ReflectorOptions reflection_;
  LookupOptions lookup_;
  std::unique_ptr<ClusterNamespaces> namespaces_;  // last: it uses the others
};

TEST_F(ClusterNamespacesTest, FollowsTheNamespaces) {
  BeginWith({Namespace("a", 1, kRole), Namespace("b", 2)});
  EXPECT_TRUE(namespaces_->Ready().ok());
  EXPECT_EQ(Role("a"), kRole);
  EXPECT_EQ(Role("b"), "-");
  server_.Add(kube::Stream(
      {kube::EventText("MODIFIED", Namespace("b", 11, "x")), kube::EventText("DELETED", Namespace("a", 12, kRole))}));
  server_.WaitUntilIdle();
  EXPECT_EQ(Role("b"), "x");
  server_.AddFor("namespaces/a", kube::Answer(404));
  EXPECT_EQ(Role("a"), "-");
}

TEST_F(ClusterNamespacesTest, LooksUpWhatTheWatchHasNotShown) {
  BeginWith({});
  server_.AddFor("namespaces/late", kube::Answer(200, Namespace("late", 11, kRole)));
  EXPECT_EQ(Role("late"), kRole);
  EXPECT_EQ(server_.requests().back(), "GET /api/v1/namespaces/late");
  EXPECT_EQ(Role("Not/A-Name"), "-");
}

// Fewer than for service accounts: a review that waits for its account may wait for its namespace next.
TEST_F(ClusterNamespacesTest, LetsFewWait) {
  lookup_.grace_period = std::chrono::hours(1);
  lookup_.miss_wait = std::chrono::milliseconds(1);
  constexpr std::chrono::hours kNone{0};
  BeginWith({});
  auto one = RoleLater("one");
  server_.WaitUntilIdle(2);
  auto two = RoleLater("two");
  EXPECT_TRUE(testing::Await([&] {
    return Role("three", kNone).find("too many requests are already waiting for namespaces") != std::string::npos;
  }));
  EXPECT_EQ(server_.requests().size(), 3U) << "the list, the watch, and one namespace at a time";
  for (int i = 0; i < 3; ++i) server_.AddFor("namespaces/", kube::Answer(404));
  EXPECT_EQ(one.get(), "-");
  EXPECT_EQ(two.get(), "-");

  server_.WaitUntilIdle();
  one = RoleLater("one");
  server_.WaitUntilIdle(2);
  EXPECT_THAT(Role("two", kNone), HasSubstr("namespace two did not exist a moment ago"));
  server_.AddFor("namespaces/", kube::Answer(200, Namespace("one", 11, kRole)));
  EXPECT_EQ(one.get(), kRole);
}

TEST_F(ClusterNamespacesTest, AsksForOneNamespaceAtATime) {
  constexpr size_t kNamespaces = 20;
  BeginWith({});
  const size_t before = server_.requests().size();
  for (size_t i = 0; i < kNamespaces; ++i) Role("x" + std::to_string(i), std::chrono::hours(0));
  for (size_t asked = 1; asked <= kNamespaces; ++asked) {
    ASSERT_TRUE(testing::Await([&] { return server_.requests().size() >= before + asked; }));
    ASSERT_EQ(server_.requests().size(), before + asked);
    server_.AddFor("namespaces/", kube::Answer(404));
  }
}

TEST_F(ClusterNamespacesTest, SaysWhyItIsNotReady) {
  namespaces_ =
      std::make_unique<ClusterNamespaces>(server_, kube::ReflectorTools{clock_, waiter_, log_, [] { return 0.5; }},
                                          Settings(), LookupOptions(), reflection_);
  namespaces_->Start();
  server_.Add(kube::Answer(403, R"({"kind":"Status","message":"may not list"})"));
  ASSERT_TRUE(testing::Await([&] { return !log_.Lines().empty(); }));
  EXPECT_THAT(namespaces_->Ready().error().message, HasSubstr("namespaces have not been listed yet"));
  EXPECT_THAT(Role("a"), HasSubstr("may not list"));
}

}  // namespace
}  // namespace irsa::identity
