#include "irsa/identity/sources/cluster_config_maps.h"

#include <future>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/scripted_api_server.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::identity {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kGet[] = "GET /api/v1/namespaces/team-a/configmaps/env";
constexpr char kConfigMap[] =
    R"({"data": {"AWS_REGION": "r", "HOME": "/", "ROLE_ARN": "x"}, "binaryData": {"AWS_PROFILE": ""}})";

class ClusterConfigMapsTest : public ::testing::Test {
 protected:
  ClusterConfigMapsTest() { options_.request_timeout = hours(1); }

  ClusterConfigMaps& config_maps() {
    if (config_maps_ == nullptr) config_maps_ = std::make_unique<ClusterConfigMaps>(server_, clock_, log_, options_);
    return *config_maps_;
  }
  Result<ConfigMapKeys> Read(std::string_view name = "env") {
    return config_maps().Read("team-a", name, clock_.SteadyNow() + hours(1));
  }

  irsa::testing::FakeClock clock_;
  irsa::testing::FakeLog log_;
  kube::ScriptedApiServer server_;
  ConfigMapOptions options_;
  std::unique_ptr<ClusterConfigMaps> config_maps_;  // last: it uses the others
};

const ConfigMapKeys kKeys{"env", true, {"AWS_REGION", "ROLE_ARN"}};

TEST_F(ClusterConfigMapsTest, ReadsTheKeysThatMatterAndRemembersThem) {
  server_.Add(kube::Answer(200, kConfigMap));
  EXPECT_EQ(Read().value(), kKeys);
  EXPECT_EQ(Read().value(), kKeys);
  EXPECT_THAT(server_.requests(), ElementsAre(kGet));
  clock_.Advance(seconds(10));
  server_.Add(kube::Answer(200, "{}"));
  EXPECT_EQ(Read().value(), (ConfigMapKeys{"env", true, {}}));
}

TEST_F(ClusterConfigMapsTest, TakesAMissingOneForAnEmptyOne) {
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Read().value(), (ConfigMapKeys{"env", true, {}}));
}

TEST_F(ClusterConfigMapsTest, SaysThatOneIsNotReadAndTriesAgainSoon) {
  server_.Add(kube::Answer(403, R"({"message": "no"})"));
  EXPECT_EQ(Read().value(), (ConfigMapKeys{"env", false, {}}));
  EXPECT_EQ(Read().value(), (ConfigMapKeys{"env", false, {}}));
  EXPECT_THAT(server_.requests(), SizeIs(1));
  EXPECT_THAT(log_.Lines(), SizeIs(1));
  clock_.Advance(seconds(1));
  server_.Add(kube::Answer(403, R"({"message": "no"})"));
  EXPECT_FALSE(Read()->is_read);
  EXPECT_THAT(log_.Lines(), SizeIs(1)) << "the same failure is told once";
}

TEST_F(ClusterConfigMapsTest, AsksForNoNameThatCannotBe) {
  for (const char* name : {"", "../secrets/x", "A", "a b"}) {
    EXPECT_EQ(Read(name).value(), (ConfigMapKeys{name, true, {}}));
  }
  for (const char* namespace_name : {"", "../x", "a.b"}) {
    EXPECT_EQ(config_maps().Read(namespace_name, "env", clock_.SteadyNow() + hours(1)).value(),
              (ConfigMapKeys{"env", true, {}}));
  }
  EXPECT_THAT(server_.requests(), SizeIs(0));
}

TEST_F(ClusterConfigMapsTest, AsksOnceForAllWhoWantIt) {
  config_maps();
  const auto read = [this] { return Read(); };
  auto first = std::async(std::launch::async, read);
  server_.WaitUntilIdle();
  auto second = std::async(std::launch::async, read);
  server_.Add(kube::Answer(200, kConfigMap));
  EXPECT_EQ(first.get().value(), kKeys);
  EXPECT_EQ(second.get().value(), kKeys);
  EXPECT_THAT(server_.requests(), SizeIs(1));
}

TEST_F(ClusterConfigMapsTest, TellsOthersToComeAgainWhenAsManyWaitAsMay) {
  options_.max_waiting = 1;
  config_maps();
  auto first = std::async(std::launch::async, [this] { return Read(); });
  server_.WaitUntilIdle();
  EXPECT_EQ(Read("other").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Read().error().code, ErrorCode::kUnavailable);
  server_.Add(kube::Answer(200, kConfigMap));
  EXPECT_TRUE(first.get().ok());
}

TEST_F(ClusterConfigMapsTest, RemembersABoundedNumber) {
  options_.max_remembered = 2;
  for (const char* name : {"a", "b"}) {
    server_.Add(kube::Answer(200, "{}"));
    ASSERT_TRUE(Read(name).ok());
  }
  EXPECT_EQ(Read("c").error().code, ErrorCode::kUnavailable);
  clock_.Advance(seconds(10));
  server_.Add(kube::Answer(200, "{}"));
  EXPECT_TRUE(Read("c").ok());
}

TEST_F(ClusterConfigMapsTest, LimitsItsRequests) {
  options_.burst = 1;
  options_.requests_per_second = 1;
  server_.Add(kube::Answer(200, "{}"));
  ASSERT_TRUE(Read("a").ok());
  EXPECT_EQ(Read("b").error().code, ErrorCode::kUnavailable);
  clock_.Advance(seconds(1));
  server_.Add(kube::Answer(200, "{}"));
  EXPECT_TRUE(Read("b").ok());
}

TEST_F(ClusterConfigMapsTest, GivesTheApiserverSoMuchTimeAndRoom) {
  options_.request_timeout = milliseconds(500);
  const auto answer = [](const kube::ApiRequest& request) {
    EXPECT_EQ(request.max_answer_bytes, 4U << 20);
    return kube::ApiAnswer{200, "{}", {}};
  };
  server_.Add(answer);
  ASSERT_TRUE(Read("a").ok());
  EXPECT_EQ(server_.last_deadline(), clock_.SteadyNow() + milliseconds(500));
  server_.Add(answer);
  const base::SteadyTime soon = clock_.SteadyNow() + milliseconds(499);
  ASSERT_TRUE(config_maps().Read("team-a", "b", soon).ok());
  EXPECT_EQ(server_.last_deadline(), soon);
}

TEST_F(ClusterConfigMapsTest, WaitsForAnothersRequestNoLongerThanForItsOwn) {
  config_maps();
  auto first = std::async(std::launch::async, [this] { return Read(); });
  server_.WaitUntilIdle();
  const ConfigMapKeys unread{"env", false, {}};
  EXPECT_EQ(config_maps().Read("team-a", "env", clock_.SteadyNow()).value(), unread) << "its review's time is over";
  server_.Add(kube::Answer(200, kConfigMap));
  EXPECT_EQ(first.get().value(), kKeys);

  options_.request_timeout = milliseconds(1);
  config_maps_.reset();
  config_maps();
  auto next = std::async(std::launch::async, [this] { return Read(); });
  server_.WaitUntilIdle();
  EXPECT_EQ(Read().value(), unread);
  server_.Add(kube::Answer(200, kConfigMap));
  EXPECT_EQ(next.get().value(), kKeys);
}

TEST_F(ClusterConfigMapsTest, TakesAnExceptionForAFailure) {
  server_.Add([](const kube::ApiRequest&) -> Result<kube::ApiAnswer> { throw std::runtime_error("a bug"); });
  EXPECT_EQ(Read().value(), (ConfigMapKeys{"env", false, {}}));
  EXPECT_THAT(log_.Lines(), ElementsAre(HasSubstr("get /api/v1/namespaces/team-a/configmaps/env: a bug")));
  clock_.Advance(seconds(1));
  server_.Add(kube::Answer(200, kConfigMap));
  EXPECT_EQ(Read().value(), kKeys);
}

// A clock that fails is as good as memory that ends.
TEST_F(ClusterConfigMapsTest, AsksAnewWhenMemoryRanOutBeforeTheAnswerWasKept) {
  class BrokenClock final : public base::Clock {
   public:
    base::SystemTime Now() const override { return {}; }
    base::SteadyTime SteadyNow() const override {
      if (std::exchange(is_broken, false)) throw std::bad_alloc();
      return base::SteadyTime(hours(1));
    }
    mutable bool is_broken = false;
  };
  BrokenClock clock;
  options_.request_timeout = milliseconds(1);
  ClusterConfigMaps config_maps(server_, clock, log_, options_);
  server_.Add([&clock](const kube::ApiRequest&) -> Result<kube::ApiAnswer> {
    clock.is_broken = true;
    return kube::ApiAnswer{200, kConfigMap, {}};
  });
  EXPECT_THROW(config_maps.Read("team-a", "env", base::SteadyTime(hours(2))).ok(), std::bad_alloc);
  server_.Add(kube::Answer(200, kConfigMap));
  EXPECT_EQ(config_maps.Read("team-a", "env", base::SteadyTime(hours(2))).value(), kKeys);
}

}  // namespace
}  // namespace irsa::identity
