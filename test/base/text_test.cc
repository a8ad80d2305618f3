#include "irsa/base/text.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace irsa::base {
namespace {

TEST(Utf8Length, IsThatOfTheFirstCharacter) {
  const std::pair<std::string_view, size_t> texts[] = {{"a", 1},
                                                       {"ab", 1},
                                                       {std::string_view("\0", 1), 1},
                                                       {"\x7f", 1},
                                                       {"\xc2\x80", 2},
                                                       {"\xdf\xbfx", 2},
                                                       {"\xe0\xa0\x80", 3},
                                                       {"\xed\x9f\xbf", 3},
                                                       {"\xee\x80\x80", 3},
                                                       {"\xef\xbf\xbf", 3},
                                                       {"\xf0\x90\x80\x80", 4},
                                                       {"\xf4\x8f\xbf\xbf", 4}};
  for (const auto& [text, length] : texts) EXPECT_EQ(Utf8Length(text), length) << text;
}

TEST(Utf8Length, IsNoneForWhatIsNotUtf8) {
  for (const std::string_view text : {"", "\x80", "\xbf", "\xc2",
                                      "\xc2"
                                      "a",
                                      "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xe1\x80",
                                      "\xe1\x80"
                                      "a",
                                      "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf1\x80\x80",
                                      "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(Utf8Length(text), 0U) << text;
  }
}

}  // namespace
}  // namespace irsa::base
