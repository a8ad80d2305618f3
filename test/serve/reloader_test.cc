#include "irsa/serve/reloader.h"

#include <new>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/fake_log.h"

namespace irsa::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReloaderTest : public ::testing::Test {
 protected:
  ReloaderTest() {
    reloader_.Add("certificate", [this] { return next_; });
  }

  void PollWith(Result<bool> result) {
    next_ = std::move(result);
    reloader_.PollAll();
  }

  telemetry::Metrics metrics_{{{}, {}, {"certificate", "account"}}, "1"};
  testing::FakeLog log_;
  std::stop_source stop_;
  Reloader reloader_{metrics_, log_, stop_.get_token()};
  Result<bool> next_ = false;
};

const Error kHalfWritten{ErrorCode::kInvalid, "tls.key does not fit tls.crt"};

TEST_F(ReloaderTest, SaysNothingWhileNothingChanges) {
  PollWith(false);
  EXPECT_THAT(log_.Lines(), ElementsAre());
}

TEST_F(ReloaderTest, LogsAndCountsAChange) {
  PollWith(true);
  EXPECT_THAT(log_.Lines(), ElementsAre("reloaded what=certificate"));
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_reloads_total{what=\"certificate\"} 1\n"));
}

TEST_F(ReloaderTest, CountsEveryFailureButLogsItOnce) {
  PollWith(kHalfWritten);
  PollWith(kHalfWritten);
  EXPECT_THAT(log_.Lines(), ElementsAre("not reloaded: the last good state stays in use what=certificate "
                                        "error=tls.key does not fit tls.crt"));
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_reload_failures_total{what=\"certificate\"} 2\n"));
}

TEST_F(ReloaderTest, TakesAnExceptionForAFailureAndPollsTheNext) {
  int polls = 0;
  reloader_.Add("account", [&]() -> Result<bool> {
    if (++polls == 1) throw std::runtime_error("a bug");
    throw std::bad_alloc();
  });
  reloader_.Add("certificate", [&] { return next_; });
  PollWith(true);
  PollWith(true);
  EXPECT_THAT(log_.Lines(), ElementsAre("reloaded what=certificate", HasSubstr("what=account error=a bug"),
                                        "reloaded what=certificate", "reloaded what=certificate",
                                        HasSubstr("what=account error=out of memory"), "reloaded what=certificate"));
}

// What is asked of an apiserver while irsa stops is cut off, and no fault of the certificate's.
TEST_F(ReloaderTest, CountsNothingOnceItIsToldToStop) {
  int polls = 0;
  reloader_.Add("account", [&]() -> Result<bool> {
    ++polls;
    stop_.request_stop();
    return Error{ErrorCode::kUnavailable, "stopped"};
  });
  PollWith(false);
  PollWith(kHalfWritten);
  EXPECT_EQ(polls, 1);
  EXPECT_THAT(log_.Lines(), ElementsAre());
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_reload_failures_total{what=\"certificate\"} 0\n"));
}

TEST_F(ReloaderTest, LogsAnotherErrorAndTheEndOfErrors) {
  PollWith(kHalfWritten);
  PollWith(Error{ErrorCode::kNotFound, "cannot read tls.crt"});
  PollWith(false);
  PollWith(false);
  EXPECT_THAT(log_.Lines(), ElementsAre(HasSubstr("does not fit"), HasSubstr("cannot read tls.crt"),
                                        "readable again, unchanged what=certificate"));
}

}  // namespace
}  // namespace irsa::serve
