#include "irsa/mutation/skip_containers.h"

#include <gtest/gtest.h>

namespace irsa::mutation {
namespace {

using Names = std::vector<std::string>;

TEST(ParseSkipContainers, SplitsAtCommasWithoutTrimming) {
  EXPECT_EQ(ParseSkipContainers("app"), Names{"app"});
  EXPECT_EQ(ParseSkipContainers("web,init-0,log"), (Names{"web", "init-0", "log"}));
  EXPECT_EQ(ParseSkipContainers(" app, web "), (Names{" app", " web "}));
  EXPECT_EQ(ParseSkipContainers(" "), Names{" "});
  EXPECT_EQ(ParseSkipContainers(","), (Names{"", ""}));
  EXPECT_EQ(ParseSkipContainers("app,,web,"), (Names{"app", "", "web", ""}));
}

TEST(ParseSkipContainers, ReadsQuotedFields) {
  EXPECT_EQ(ParseSkipContainers(R"("app",web)"), (Names{"app", "web"}));
  EXPECT_EQ(ParseSkipContainers(R"(app,"web")"), (Names{"app", "web"}));
  EXPECT_EQ(ParseSkipContainers(R"("a,b","")"), (Names{"a,b", ""}));
  EXPECT_EQ(ParseSkipContainers(R"("a""b","""","""a""")"), (Names{"a\"b", "\"", "\"a\""}));
  EXPECT_EQ(ParseSkipContainers(R"("",)"), (Names{"", ""}));
}

TEST(ParseSkipContainers, TakesTheFirstRecordOnly) {
  EXPECT_EQ(ParseSkipContainers("app\nweb"), Names{"app"});
  EXPECT_EQ(ParseSkipContainers("app\r\nweb"), Names{"app"});
  EXPECT_EQ(ParseSkipContainers("\"app\"\nweb"), Names{"app"});
  EXPECT_EQ(ParseSkipContainers("\"app\"\r\nweb"), Names{"app"});
  EXPECT_EQ(ParseSkipContainers("app,\nweb"), (Names{"app", ""}));
  EXPECT_EQ(ParseSkipContainers("app\n\"broken"), Names{"app"});
}

TEST(ParseSkipContainers, KeepsLineBreaksWithinQuotesAsNewlines) {
  EXPECT_EQ(ParseSkipContainers("\"a\nb\",c"), (Names{"a\nb", "c"}));
  EXPECT_EQ(ParseSkipContainers("\"a\r\nb\""), Names{"a\nb"});
  EXPECT_EQ(ParseSkipContainers("\"\n\n\"\nb"), Names{"\n\n"});
}

TEST(ParseSkipContainers, PassesOverEmptyLinesBeforeTheRecord) {
  EXPECT_EQ(ParseSkipContainers("\n\r\n\napp,web"), (Names{"app", "web"}));
  EXPECT_EQ(ParseSkipContainers("\n \napp"), Names{" "});
}

TEST(ParseSkipContainers, TakesACarriageReturnForALineEndOnlyBeforeANewlineOrTheEnd) {
  EXPECT_EQ(ParseSkipContainers("app\r"), Names{"app"});
  EXPECT_EQ(ParseSkipContainers("\"app\"\r"), Names{"app"});
  EXPECT_EQ(ParseSkipContainers("a\rb"), Names{"a\rb"});
  EXPECT_EQ(ParseSkipContainers("a\r\r\nb"), Names{"a\r"});
  EXPECT_EQ(ParseSkipContainers("a\r,b"), (Names{"a\r", "b"}));
}

TEST(ParseSkipContainers, RefusesMisplacedQuotes) {
  for (const char* text :
       {R"(a"b)", R"(a")", R"( "a")", R"(a,b"c)", R"("a"b)", R"("a" ,b)", R"("a"b",c)", "\"a\"\rb"}) {
    EXPECT_EQ(ParseSkipContainers(text), std::nullopt) << text;
  }
}

TEST(ParseSkipContainers, RefusesQuotesThatDoNotEnd) {
  for (const char* text : {"\"", "\"app", "app,\"web", "\"a\"\"", "\"app\n", "\"app\nweb", "\"app\r"}) {
    EXPECT_EQ(ParseSkipContainers(text), std::nullopt) << text;
  }
}

TEST(ParseSkipContainers, RefusesWhatIsOverALimit) {
  EXPECT_EQ(ParseSkipContainers(std::string(kMaxSkipContainersNames - 1, ',')), Names(kMaxSkipContainersNames));
  EXPECT_EQ(ParseSkipContainers(std::string(kMaxSkipContainersNames, ',')), std::nullopt);
  const std::string longest(kMaxSkipContainersBytes, 'a');
  EXPECT_EQ(ParseSkipContainers(longest), Names{longest});
  EXPECT_EQ(ParseSkipContainers(longest + "\n"), std::nullopt);
}

TEST(ParseSkipContainers, RefusesTextWithoutARecord) {
  for (const char* text : {"", "\n", "\r", "\r\n\n", "\n\r"})
    EXPECT_EQ(ParseSkipContainers(text), std::nullopt) << text;
}

}  // namespace
}  // namespace irsa::mutation
