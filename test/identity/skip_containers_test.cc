#include <gtest/gtest.h>

#include "irsa/identity/rules/container_selection.h"

namespace irsa::identity {
namespace {

using Names = std::vector<std::string>;

std::optional<Names> NamesIn(std::string_view text) {
  auto parsed = ParseSkipContainers(text);
  return parsed ? std::optional(std::move(parsed->names)) : std::nullopt;
}

TEST(ParseSkipContainers, SplitsAtCommasWithoutTrimming) {
  EXPECT_EQ(NamesIn("app"), Names{"app"});
  EXPECT_EQ(NamesIn("web,init-0,log"), (Names{"web", "init-0", "log"}));
  EXPECT_EQ(NamesIn(" app, web "), (Names{" app", " web "}));
  EXPECT_EQ(NamesIn(" "), Names{" "});
  EXPECT_EQ(NamesIn(","), (Names{"", ""}));
  EXPECT_EQ(NamesIn("app,,web,"), (Names{"app", "", "web", ""}));
}

TEST(ParseSkipContainers, ReadsQuotedFields) {
  EXPECT_EQ(NamesIn(R"("app",web)"), (Names{"app", "web"}));
  EXPECT_EQ(NamesIn(R"(app,"web")"), (Names{"app", "web"}));
  EXPECT_EQ(NamesIn(R"("a,b","")"), (Names{"a,b", ""}));
  EXPECT_EQ(NamesIn(R"("a""b","""","""a""")"), (Names{"a\"b", "\"", "\"a\""}));
  EXPECT_EQ(NamesIn(R"("",)"), (Names{"", ""}));
}

TEST(ParseSkipContainers, TakesTheFirstRecordOnly) {
  EXPECT_EQ(NamesIn("app\nweb"), Names{"app"});
  EXPECT_EQ(NamesIn("app\r\nweb"), Names{"app"});
  EXPECT_EQ(NamesIn("\"app\"\nweb"), Names{"app"});
  EXPECT_EQ(NamesIn("\"app\"\r\nweb"), Names{"app"});
  EXPECT_EQ(NamesIn("app,\nweb"), (Names{"app", ""}));
  EXPECT_EQ(NamesIn("app\n\"broken"), Names{"app"});
}

TEST(ParseSkipContainers, TellsWhetherThereAreMoreRecords) {
  for (const char* text : {"app\nweb", "app\r\nweb\n", "\"app\"\n\n\r\nweb", "app\n\"broken", "app\n,"}) {
    EXPECT_TRUE(ParseSkipContainers(text)->has_more_records) << text;
  }
  for (const char* text : {"app", "app\n", "\napp\r\n\n\r\n", "\"a\nb\",c\n"}) {
    EXPECT_FALSE(ParseSkipContainers(text)->has_more_records) << text;
  }
}

TEST(ParseSkipContainers, KeepsLineBreaksWithinQuotesAsNewlines) {
  EXPECT_EQ(NamesIn("\"a\nb\",c"), (Names{"a\nb", "c"}));
  EXPECT_EQ(NamesIn("\"a\r\nb\""), Names{"a\nb"});
  EXPECT_EQ(NamesIn("\"\n\n\"\nb"), Names{"\n\n"});
}

TEST(ParseSkipContainers, PassesOverEmptyLinesBeforeTheRecord) {
  EXPECT_EQ(NamesIn("\n\r\n\napp,web"), (Names{"app", "web"}));
  EXPECT_EQ(NamesIn("\n \napp"), Names{" "});
}

TEST(ParseSkipContainers, TakesACarriageReturnForALineEndOnlyBeforeANewlineOrTheEnd) {
  EXPECT_EQ(NamesIn("app\r"), Names{"app"});
  EXPECT_EQ(NamesIn("\"app\"\r"), Names{"app"});
  EXPECT_EQ(NamesIn("a\rb"), Names{"a\rb"});
  EXPECT_EQ(NamesIn("a\r\r\nb"), Names{"a\r"});
  EXPECT_EQ(NamesIn("a\r,b"), (Names{"a\r", "b"}));
}

TEST(ParseSkipContainers, RefusesMisplacedQuotes) {
  for (const char* text :
       {R"(a"b)", R"(a")", R"( "a")", R"(a,b"c)", R"("a"b)", R"("a" ,b)", R"("a"b",c)", "\"a\"\rb"}) {
    EXPECT_EQ(NamesIn(text), std::nullopt) << text;
  }
}

TEST(ParseSkipContainers, RefusesQuotesThatDoNotEnd) {
  for (const char* text : {"\"", "\"app", "app,\"web", "\"a\"\"", "\"app\n", "\"app\nweb", "\"app\r"}) {
    EXPECT_EQ(NamesIn(text), std::nullopt) << text;
  }
}

TEST(ParseSkipContainers, RefusesWhatIsOverALimit) {
  EXPECT_EQ(NamesIn(std::string(kMaxSkipContainersNames - 1, ',')), Names(kMaxSkipContainersNames));
  EXPECT_EQ(NamesIn(std::string(kMaxSkipContainersNames, ',')), std::nullopt);
  const std::string longest(kMaxSkipContainersBytes, 'a');
  EXPECT_EQ(NamesIn(longest), Names{longest});
  EXPECT_EQ(NamesIn(longest + "\n"), std::nullopt);
}

TEST(ParseSkipContainers, RefusesTextWithoutARecord) {
  for (const char* text : {"", "\n", "\r", "\r\n\n", "\n\r"}) EXPECT_EQ(NamesIn(text), std::nullopt) << text;
}

}  // namespace
}  // namespace irsa::identity
