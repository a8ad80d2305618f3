#include "irsa/base/base64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::base {
namespace {

// RFC 4648 section 10.
TEST(Base64, EncodesAndDecodesTheVectorsOfTheRfc) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(EncodeBase64(bytes), text);
    EXPECT_EQ(DecodeBase64(text).value(), bytes);
  }
}

TEST(Base64, AppendsBehindWhatIsThere) {
  std::string out = "x";
  AppendBase64("fo", out);
  EXPECT_EQ(out, "xZm8=");
}

TEST(Base64, RoundTripsEveryByteAtEveryLengthModuloThree) {
  std::string bytes;
  for (int i = 0; i < 258; ++i) {
    bytes.push_back(static_cast<char>(i));
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)).value(), bytes);
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)).value(), bytes);
  }
}

TEST(Base64, RefusesWhatIsNotExactlyOneEncoding) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v\n", "Zm 9", "Zh==", "Zm9=", "Zg==Zg==", "Zm-_"}) {
    EXPECT_FALSE(DecodeBase64(text).ok()) << text;
  }
}

TEST(Base64Url, UsesItsOwnAlphabetWithoutPadding) {
  EXPECT_EQ(EncodeBase64Url("\xfb\xff"), "-_8");
  EXPECT_EQ(DecodeBase64Url("-_8").value(), "\xfb\xff");
}

TEST(Base64Url, RefusesPaddingTheOtherAlphabetAndUnusedBits) {
  for (const char* text : {"Zg==", "+/8", "Zh", "A", "Zm9vY"}) EXPECT_FALSE(DecodeBase64Url(text).ok()) << text;
}

}  // namespace
}  // namespace irsa::base
