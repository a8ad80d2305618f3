#include "irsa/sts/query/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::sts {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ParseForm, DecodesNamesAndValues) {
  EXPECT_THAT(*ParseForm("Action=GetCallerIdentity&Version=2011-06-15"),
              ElementsAre(Pair("Action", "GetCallerIdentity"), Pair("Version", "2011-06-15")));
  EXPECT_THAT(*ParseForm("a+b=c%20d&%3D%26=%e2%82%AC%2B"), ElementsAre(Pair("a b", "c d"), Pair("=&", "€+")));
}

TEST(ParseForm, TakesEmptyNamesAndValues) {
  EXPECT_THAT(*ParseForm(""), IsEmpty());
  EXPECT_THAT(*ParseForm("&&a&b=&=c&d=e=f&"),
              ElementsAre(Pair("a", ""), Pair("b", ""), Pair("", "c"), Pair("d", "e=f")));
}

TEST(ParseForm, RefusesWhatIsNotEncoded) {
  for (const char* text : {"a=%", "a=%4", "a=%4g", "a=%g4", "%zz=a", "a=b c", "a=\n", "a=€", "a=\x7f"}) {
    const auto parsed = ParseForm(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error(), (Error{ErrorCode::kMalformed, "parameter 1 of the form is not percent-encoded"}));
  }
}

TEST(ParseForm, IsBounded) {
  const std::string longest = "a=" + std::string(kMaxFormBytes - 2, 'b');
  EXPECT_TRUE(ParseForm(longest).ok());
  EXPECT_EQ(ParseForm(longest + "b").error().code, ErrorCode::kTooLarge);
  std::string most;
  for (size_t i = 0; i < kMaxFormParameters; ++i) most += "a&";
  EXPECT_TRUE(ParseForm(most + "&").ok());
  EXPECT_EQ(ParseForm(most + "c").error().code, ErrorCode::kTooLarge);
}

TEST(FindParameter, IsExact) {
  const Parameters parameters = {{"Action", "x"}, {"action", "y"}};
  EXPECT_EQ(*FindParameter(parameters, "action"), "y");
  EXPECT_EQ(FindParameter(parameters, "ACTION"), nullptr);
}

TEST(CheckUnique, NamesWhatIsThereTwice) {
  EXPECT_TRUE(CheckUnique({}).ok());
  EXPECT_TRUE(CheckUnique({{"a", "1"}, {"A", "1"}}).ok());
  EXPECT_EQ(CheckUnique({{"b", "1"}, {"a", "1"}, {"b", "2"}}).error(),
            (Error{ErrorCode::kInvalid, "parameter \"b\" is given twice"}));
}

}  // namespace
}  // namespace irsa::sts
