#include "irsa/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::cli {
namespace {

using ::testing::ElementsAre;

TEST(WithEmptyValuesApart, MakesTwoWordsOfAnEmptyValue) {
  const char* const words[] = {"irsa", "serve", "--tls-secret=", "--port=1", "-v=", "--namespace", "", "a=", "--x=y="};
  EXPECT_THAT(WithEmptyValuesApart(9, words), ElementsAre("irsa", "serve", "--tls-secret", "", "--port=1", "-v", "",
                                                          "--namespace", "", "a=", "--x=y="));
}

}  // namespace
}  // namespace irsa::cli
