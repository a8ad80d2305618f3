#include "irsa/telemetry/stderr_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::telemetry {
namespace {

using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

TEST(FormatLogLine, WritesTextAsWordsAndQuotesWhatIsNone) {
  EXPECT_EQ(FormatLogLine(LogFormat::kText, "ready", {{"port", "8443"}, {"error", "no \"x\"\nhere"}, {"empty", ""}}),
            R"(ready port=8443 error="no \"x\"\nhere" empty="")");
}

TEST(FormatLogLine, WritesJsonMembers) {
  EXPECT_EQ(FormatLogLine(LogFormat::kJson, "ready", {{"port", "8443"}, {"namespace", "1"}, {"error", "a\nb\xff"}}),
            "\"msg\":\"ready\",\"port\":8443,\"namespace\":\"1\",\"error\":\"a\\nb\xef\xbf\xbd\"");
}

TEST(FormatLogLine, WritesCountsAsNumbers) {
  EXPECT_EQ(FormatLogLine(LogFormat::kJson, "ready", {{"providers", "1"}, {"roles", "2"}}),
            R"("msg":"ready","providers":1,"roles":2)");
}

TEST(StderrLog, WritesOneJsonObjectPerLine) {
  CaptureStderr();
  StderrLog(base::LogLevel::kInfo, LogFormat::kJson)
      .Write(base::LogLevel::kWarning, "not reloaded", {{"file", "100%n"}});
  const auto line = nlohmann::json::parse(GetCapturedStderr());
  EXPECT_EQ(line.value("level", ""), "warning");
  EXPECT_EQ(line.value("msg", ""), "not reloaded");
  EXPECT_EQ(line.value("file", ""), "100%n");
  EXPECT_THAT(line.value("time", ""), ::testing::MatchesRegex("[0-9-]{10}T[0-9:.]{12}Z"));
}

TEST(StderrLog, LeavesOutWhatIsBelowItsLevel) {
  CaptureStderr();
  {
    StderrLog log(base::LogLevel::kWarning, LogFormat::kText);
    EXPECT_FALSE(log.Keeps(base::LogLevel::kInfo));
    EXPECT_TRUE(log.Keeps(base::LogLevel::kError));
    log.Write(base::LogLevel::kInfo, "quiet");
    log.Write(base::LogLevel::kError, "loud {}");
  }
  EXPECT_THAT(GetCapturedStderr(), ::testing::MatchesRegex("[0-9-]{10}T[0-9:.]{12}Z error   loud \\{\\}\n"));
}

}  // namespace
}  // namespace irsa::telemetry
