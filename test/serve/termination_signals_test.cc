#include "irsa/serve/termination_signals.h"

#include <csignal>
#include <thread>

#include <gtest/gtest.h>

namespace irsa::serve {
namespace {

TEST(TerminationSignals, IgnoreThatAPipeHasNoReader) {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  std::jthread blocked([] {  // for which the other signals stay blocked
    const TerminationSignals signals;
    EXPECT_EQ(std::raise(SIGPIPE), 0);
  });
  blocked.join();
  EXPECT_EQ(std::signal(SIGPIPE, before), SIG_IGN);
}

}  // namespace
}  // namespace irsa::serve
