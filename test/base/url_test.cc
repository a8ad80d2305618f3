#include "irsa/base/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ParseUrl, TakesItApart) {
  EXPECT_EQ(ParseUrl("https://Example.test/id/ABC?x=1&y=%20").value(),
            (Url{"https", "example.test", 443, "/id/ABC?x=1&y=%20"}));
  EXPECT_EQ(ParseUrl("HTTP://127.0.0.1:8001").value(), (Url{"http", "127.0.0.1", 8001, "/"}));
  EXPECT_EQ(ParseUrl("http://h?a=b").value(), (Url{"http", "h", 80, "/?a=b"}));
  EXPECT_EQ(ParseUrl("https://[fd00::1]").value(), (Url{"https", "fd00::1", 443, "/"}));
  EXPECT_EQ(ParseUrl("https://[::1]:6443/k8s").value(), (Url{"https", "::1", 6443, "/k8s"}));
}

TEST(ParseUrl, SaysWhatIsWrong) {
  const std::pair<std::string, std::string> urls[] = {
      {"", "does not begin with http"},
      {"example.test/x", "does not begin with http"},
      {"ftp://example.test", "does not begin with http"},
      {"https://", "neither a name nor an address"},
      {"https:///path", "neither a name nor an address"},
      {"https://a b", "neither a name nor an address"},
      {"https://h%41", "neither a name nor an address"},
      {"https://" + std::string(254, 'a'), "neither a name nor an address"},
      {"https://[::1", "no closing bracket"},
      {"https://[::1%25eth0]", "neither a name nor an address"},
      {"https://[127.0.0.1]", "neither a name nor an address"},
      {"https://[::1]x", "its port"},
      {"https://h:", "its port"},
      {"https://h:0", "its port"},
      {"https://h:65536", "its port"},
      {"https://h:+1", "its port"},
      {"https://::1", "neither a name nor an address"},
      {"https://h/a b", "must be encoded"},
      {"https://h/\r\nX: y", "must be encoded"},
      {"https://h/\xc3\xa9", "must be encoded"},
      {"https://h/#x", "fragment"},
      {"https://h/" + std::string(8192, 'a'), "too long"},
  };
  for (const auto& [text, why] : urls) {
    const auto url = ParseUrl(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(url.error().message, HasSubstr(why)) << text;
  }
}

TEST(ParseUrl, DoesNotRepeatAPassword) {
  const auto url = ParseUrl("https://admin:hunter2@example.test/");
  ASSERT_FALSE(url.ok());
  EXPECT_THAT(url.error().message, Not(HasSubstr("hunter2")));
}

TEST(Origin, LeavesOutTheSchemesOwnPortAndThePath) {
  EXPECT_EQ(Origin(ParseUrl("https://h:443/secret?x").value()), "https://h");
  EXPECT_EQ(Origin(ParseUrl("http://h:443").value()), "http://h:443");
  EXPECT_EQ(Origin(ParseUrl("https://[::1]:6443").value()), "https://[::1]:6443");
}

TEST(IsAddress, TellsAddressesFromNames) {
  EXPECT_TRUE(IsAddress("10.0.0.1"));
  EXPECT_TRUE(IsAddress("fd00::1"));
  EXPECT_FALSE(IsAddress("10.0.0"));
  EXPECT_FALSE(IsAddress("h"));
}

TEST(Join, PutsAPathBehindTheBaseUrls) {
  EXPECT_EQ(Join(ParseUrl("https://h").value(), "/api?x=1").target, "/api?x=1");
  EXPECT_EQ(Join(ParseUrl("https://h/k8s/c-1/?token=x").value(), "/api").target, "/k8s/c-1/api");
}

TEST(EncodeComponent, EncodesAllButTheUnreserved) {
  EXPECT_EQ(EncodeComponent("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(EncodeComponent("a/b=c&d e\xc3\xa9"), "a%2Fb%3Dc%26d%20e%C3%A9");
}

TEST(DecodeComponent, ReadsWhatIsEncodedAndNothingElse) {
  EXPECT_EQ(DecodeComponent("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(DecodeComponent("a%2Fb%3dc+e%C3%A9%00"), std::string("a/b=c+e\xc3\xa9\0", 10));
  for (const char* text : {"%", "a%4", "%4g", "%g4", "%%41"}) EXPECT_EQ(DecodeComponent(text), std::nullopt) << text;
}

}  // namespace
}  // namespace irsa::base
