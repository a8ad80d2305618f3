#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/manifest/manifest.h"

namespace irsa::manifest {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Each document's JSON with its place: "2@14 {…}".
std::vector<std::string> Documents(std::string_view text) {
  const auto documents = ReadDocuments(text);
  if (!documents) return {documents.error().message};
  std::vector<std::string> out;
  for (const Document& document : *documents) {
    out.push_back(std::to_string(document.number) + "@" + std::to_string(document.line) + " " + document.value.dump());
  }
  return out;
}

Error ErrorOf(std::string_view text, const Limits& limits = {}) {
  const auto documents = ReadDocuments(text, limits);
  return documents ? Error{ErrorCode::kInternal, "no error"} : documents.error();
}

TEST(ReadDocuments, ReadsYamlAndJsonInKeyOrder) {
  EXPECT_THAT(Documents("z: 1\na: [x, {c: d}]\n"), ElementsAre(R"(1@1 {"z":1,"a":["x",{"c":"d"}]})"));
  EXPECT_THAT(Documents(R"({"z":1,"a":["x",{"c":"d"}]})"), ElementsAre(R"(1@1 {"z":1,"a":["x",{"c":"d"}]})"));
}

TEST(ReadDocuments, ReadsSeveralDocumentsAndCountsEmptyOnes) {
  EXPECT_THAT(Documents("# a comment\n---\na: 1\n---\n# nothing\n---\nnull\n--- {b: 2}\n...\n---\nc: 3\n---\n"),
              ElementsAre(R"(1@2 {"a":1})", R"(4@8 {"b":2})", R"(5@10 {"c":3})"));
  EXPECT_THAT(Documents(""), ElementsAre());
  EXPECT_THAT(Documents("\n# only a comment\n"), ElementsAre());
}

TEST(ReadDocuments, ReadsJsonDocumentsOneAfterAnother) {
  EXPECT_THAT(Documents("\n {\"a\":1}\n\n{\"b\":\n2}[3]\n"),
              ElementsAre(R"(1@2 {"a":1})", R"(2@4 {"b":2})", "3@5 [3]"));
  EXPECT_THAT(Documents("{\"a\":1}\n---\n{\"b\":2}\n"), ElementsAre(R"(1@1 {"a":1})", R"(2@2 {"b":2})"));
}

TEST(ReadDocuments, FallsBackToYamlForBracesThatAreNotJson) {
  EXPECT_THAT(Documents("{a: b, c: [d,],}"), ElementsAre(R"(1@1 {"a":"b","c":["d"]})"));
  EXPECT_THAT(Documents("[a, b]"), ElementsAre(R"(1@1 ["a","b"])"));
}

TEST(ReadDocuments, KeepsNumbersOfJsonAsTheyAre) {
  EXPECT_THAT(Documents("[1, -1, 1.0, 1e3, 0.1, 12345678901234567890, -9223372036854775808]"),
              ElementsAre("1@1 [1,-1,1.0,1000.0,0.1,12345678901234567890,-9223372036854775808]"));
}

TEST(ReadDocuments, TakesByteOrderMarksAndAnyLineBreak) {
  EXPECT_THAT(Documents("\xef\xbb\xbf"
                        "a: 1\r\nb: |\r\n  x\r\n  y\rc: 3\r"),
              ElementsAre(R"(1@1 {"a":1,"b":"x\ny\n","c":3})"));
  EXPECT_THAT(Documents("\xef\xbb\xbf{\"a\":\r\n1}"), ElementsAre(R"(1@1 {"a":1})"));
}

TEST(ReadDocuments, RefusesWhatIsNotUtf8) {
  for (const char* bytes : {"\xff", "\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                            "\xf4\x90\x80\x80", "\xf0\x9f\x98", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_EQ(ErrorOf("a: 1\nb: " + std::string(bytes)), (Error{ErrorCode::kMalformed, "line 2: not UTF-8"}));
  }
  EXPECT_THAT(Documents("a: é€😀"), ElementsAre(R"(1@1 {"a":"é€😀"})"));
}

TEST(ReadDocuments, RefusesControlCharacters) {
  EXPECT_EQ(ErrorOf("a: 1\n\x04"), (Error{ErrorCode::kMalformed, "line 2: a control character"}));
  EXPECT_EQ(ErrorOf(std::string("a\0: \0", 5)), (Error{ErrorCode::kMalformed, "line 1: a control character"}));
}

TEST(ReadDocuments, RefusesAKeyTwice) {
  EXPECT_EQ(ErrorOf("a: 1\n---\nb:\n  c: 1\n  d: 2\n  c: 3\n"),
            (Error{ErrorCode::kMalformed, "document 2, line 6: a key occurs twice in a map"}));
  EXPECT_EQ(ErrorOf("{\"a\": 1}\n{\"b\": 1,\n\"b\": 2}"),
            (Error{ErrorCode::kMalformed, "document 2, line 3: a key occurs twice in a map"}));
  EXPECT_EQ(ErrorOf("{a: 1, a: 2}").message, "document 1, line 1: a key occurs twice in a map");
  EXPECT_EQ(ErrorOf("yes: 1\ntrue: 2").message, "document 1, line 2: a key occurs twice in a map");
}

TEST(ReadDocuments, NamesTheLineOfWhatIsNeitherJsonNorYaml) {
  EXPECT_EQ(ErrorOf("{\"a\": 1,\n\"b\": 2\n\"c\": 3}"),
            (Error{ErrorCode::kMalformed, "document 1, line 3: not valid JSON"}));
  for (const std::string text : {"{\n\"a\": {\"b\": 1", "{\n\"a\": {\"b\": \"c", "{\n\"a\": tru", "[\n1,", "[\n1"}) {
    EXPECT_EQ(ErrorOf(text).message, "document 1, line 2: not valid JSON: unexpected end") << text;
  }
  EXPECT_EQ(ErrorOf("{\"a\": 1,}}").message, "document 1, line 1: not valid JSON");
  EXPECT_EQ(ErrorOf("{a: 1,\n b: [c}").message, "document 1, line 2: not valid YAML: illegal flow end");
  EXPECT_EQ(ErrorOf("a: 1\n---\nb: 'x\n").message, "document 2, line 4: not valid YAML: illegal EOF in scalar");
  EXPECT_THAT(ErrorOf("a:\n  b: 1\n\tc: 1\n").message,
              AllOf(StartsWith("document 1, line 3: not valid YAML: "),
                    EndsWith(": the line is indented with a tab; YAML allows only spaces")));
  EXPECT_EQ(ErrorOf("a: 1\nb: {{ .Values.b }}\n").message,
            "document 1, line 2: a key that is null, a list or a map: render the template first");
  EXPECT_THAT(ErrorOf("a: b: c").message, HasSubstr("document 1, line 1: not valid YAML"));
}

TEST(ReadDocuments, RefusesNumbersOutOfRange) {
  EXPECT_EQ(ErrorOf("[1,\n1e999]"), (Error{ErrorCode::kMalformed, "document 1, line 2: a number out of range"}));
  EXPECT_EQ(ErrorOf("a:\n  b: .inf\n"),
            (Error{ErrorCode::kMalformed, "document 1, line 2: JSON cannot represent infinity or not-a-number"}));
}

TEST(ReadDocuments, BoundsTheSize) {
  EXPECT_EQ(ErrorOf("a: 12", {.max_bytes = 4}), (Error{ErrorCode::kTooLarge, "5 bytes, more than the limit of 4"}));
  EXPECT_TRUE(ReadDocuments("a: 1", {.max_bytes = 4}).ok());
}

std::string Nested(std::string_view open, std::string_view close, int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(ReadDocuments, BoundsTheDepth) {
  const Error too_deep{ErrorCode::kTooLarge, "document 1, line 1: nested deeper than 100"};
  EXPECT_TRUE(ReadDocuments(Nested("[", "]", 100)).ok());
  EXPECT_TRUE(ReadDocuments(Nested("- ", "", 100)).ok());
  EXPECT_EQ(ErrorOf(Nested("[", "]", 101)), too_deep);
  EXPECT_EQ(ErrorOf(Nested("- ", "", 101)), too_deep);
  EXPECT_EQ(ErrorOf(Nested("{\"a\":", "}", 101)), too_deep);
  EXPECT_EQ(ErrorOf(Nested("{a: ", "}", 101)), too_deep);
  EXPECT_EQ(ErrorOf(Nested("? ", "", 101)).message, "document 1, line 1: a key that is null, a list or a map");
}

TEST(ReadDocuments, SurvivesADepthNoStackWould) {
  EXPECT_FALSE(ReadDocuments(std::string(1'000'000, '[')).ok());
  EXPECT_FALSE(ReadDocuments("- " + std::string(100'000, '[')).ok());
  EXPECT_FALSE(ReadDocuments("- " + Nested("{a: ", "}", 100'000)).ok());
  EXPECT_FALSE(ReadDocuments(Nested("- ", "", 100'000)).ok());
}

TEST(ReadDocuments, BoundsTheValuesOfAllDocumentsTogether) {
  const Error too_many{ErrorCode::kTooLarge, "document 2, line 1: more values than the limit, with aliases expanded"};
  EXPECT_TRUE(ReadDocuments("[1,2][3]", {.max_values = 5}).ok());
  EXPECT_EQ(ErrorOf("[1,2][3]", {.max_values = 4}), too_many);
}

TEST(ReadDocuments, CountsLongTextAsSeveralValues) {
  EXPECT_TRUE(ReadDocuments("['" + std::string(640, 'x') + "']", {.max_values = 12}).ok());
  EXPECT_FALSE(ReadDocuments("['" + std::string(640, 'x') + "']", {.max_values = 11}).ok());
  EXPECT_FALSE(ReadDocuments("{'" + std::string(640, 'x') + "': 1}", {.max_values = 11}).ok());
}

}  // namespace
}  // namespace irsa::manifest
