#include "irsa/serve/readiness.h"

#include <gtest/gtest.h>

namespace irsa::serve {
namespace {

TEST(Readiness, IsReadyWhenEveryCheckIs) {
  Readiness readiness;
  readiness.AddCheck("identities", [] { return Status(); });
  const Readiness::Report report = readiness.Read();
  EXPECT_TRUE(report.ready);
  EXPECT_EQ(report.text, "[+]identities ok\n[+]shutdown ok\nready\n");
}

TEST(Readiness, NamesTheCheckThatFails) {
  Readiness readiness;
  readiness.AddCheck("certificate", [] { return Status(); });
  readiness.AddCheck("identities", [] { return Status(Error{ErrorCode::kUnavailable, "not synced"}); });
  const Readiness::Report report = readiness.Read();
  EXPECT_FALSE(report.ready);
  EXPECT_EQ(report.text, "[+]certificate ok\n[-]identities failed: not synced\n[+]shutdown ok\nnot ready\n");
}

TEST(Readiness, IsNotReadyOnceShutdownStarts) {
  Readiness readiness;
  readiness.StartShutdown();
  const Readiness::Report report = readiness.Read();
  EXPECT_FALSE(report.ready);
  EXPECT_EQ(report.text, "[-]shutdown failed: shutting down\nnot ready\n");
}

}  // namespace
}  // namespace irsa::serve
