#include "irsa/serve/trouble_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::serve {
namespace {

TEST(TroubleLog, LeavesOutWhatNobodyWouldReadAndSaysHowMuch) {
  testing::FakeClock clock;
  testing::FakeLog log;
  TroubleLog trouble(log, clock);
  for (int i = 0; i < 1000; ++i) trouble.Write(base::LogLevel::kWarning, "refused", {{"why", "x"}});
  EXPECT_EQ(log.Lines(), std::vector<std::string>(20, "refused why=x"));

  clock.Advance(std::chrono::seconds(1));
  for (int i = 0; i < 3; ++i) trouble.Write(base::LogLevel::kWarning, "refused", {{"why", "y"}});
  const auto lines = log.Lines();
  EXPECT_THAT(
      std::vector(lines.begin() + 20, lines.end()),
      ::testing::ElementsAre("log lines about requests suppressed count=980", "refused why=y", "refused why=y"));
}

}  // namespace
}  // namespace irsa::serve
