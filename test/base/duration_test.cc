#include <gtest/gtest.h>

#include "irsa/base/time_text.h"

namespace irsa::base {
namespace {

using std::chrono::nanoseconds;

TEST(ParseDuration, ReadsWhatGoWrites) {
  const std::pair<std::string_view, int64_t> cases[] = {{"0", 0},
                                                        {"0s", 0},
                                                        {"10s", 10'000'000'000},
                                                        {"500ms", 500'000'000},
                                                        {"1.5h", 5'400'000'000'000},
                                                        {"1us", 1'000},
                                                        {"1µs", 1'000},
                                                        {"7ns", 7},
                                                        {".5s", 500'000'000},
                                                        {"2m", 120'000'000'000},
                                                        {"1m0.25s", 60'250'000'000}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(ParseDuration(text).value(), nanoseconds(expected)) << text;
}

TEST(ParseDuration, RefusesTheRest) {
  for (const char* text : {"", "5", "s", "-1s", "+1s", "1 s", "1d", "1s ", "1..5s", ".s", "1e3s", "3000000h"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
  EXPECT_EQ(ParseDuration("5").error(),
            (Error{ErrorCode::kInvalid, "\"5\" is not a duration such as 500ms, 5s or 1m30s"}));
}

}  // namespace
}  // namespace irsa::base
