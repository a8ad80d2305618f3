#include "src/cli/mutate/mutation_output.h"

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<manifest::Document> TwoDocuments() {
  return manifest::ReadDocuments("{z: 1, a: [x]}\n---\nb: 2\n").value();
}

std::vector<MutatedObject> OneObject() {
  return {{"pod/p (n)",
           "Pod",
           "n",
           "p",
           {{{"op", "add"}, {"path", "/b"}, {"value", 2}}},
           {{"a", 1}},
           {{"a", 1}, {"b", 2}}}};
}

TEST(FormatYaml, SeparatesDocuments) {
  EXPECT_EQ(FormatYaml(TwoDocuments()), "z: 1\na:\n- x\n---\nb: 2\n");
  EXPECT_EQ(FormatYaml({}), "");
}

TEST(FormatJson, WritesDocumentsOneAfterAnother) {
  EXPECT_EQ(FormatJson(TwoDocuments()), "{\n  \"z\": 1,\n  \"a\": [\n    \"x\"\n  ]\n}\n{\n  \"b\": 2\n}\n");
}

TEST(FormatPatches, WritesALineForEachObject) {
  EXPECT_EQ(FormatPatches(OneObject()),
            R"({"kind":"Pod","namespace":"n","name":"p","patch":[{"op":"add","path":"/b","value":2}]})"
            "\n");
  EXPECT_EQ(FormatPatches({}), "");
}

TEST(FormatDiffs, NamesTheObject) {
  EXPECT_EQ(FormatDiffs(OneObject(), false), "--- pod/p (n)\n+++ pod/p (n), mutated\n@@ -1,1 +1,2 @@\n a: 1\n+b: 2\n");
}

std::string Numbers(int first, int last) {
  std::string lines;
  for (int i = first; i <= last; ++i) lines += std::to_string(i) + "\n";
  return lines;
}

TEST(UnifiedHunks, AreNoneForEqualTexts) {
  EXPECT_EQ(UnifiedHunks("a\nb\n", "a\nb\n", false), "");
  EXPECT_EQ(UnifiedHunks("", "", true), "");
}

// The library may give one line more behind a change.
TEST(UnifiedHunks, HaveThreeLinesOfContext) {
  const std::string hunks = UnifiedHunks(Numbers(1, 11), Numbers(1, 5) + "x\n" + Numbers(6, 11), false);
  EXPECT_THAT(hunks, StartsWith("@@ -3,"));
  EXPECT_THAT(hunks, HasSubstr("@@\n 3\n 4\n 5\n+x\n 6\n 7\n 8\n"));
  EXPECT_THAT(hunks, Not(HasSubstr("10")));
}

TEST(UnifiedHunks, ShowWhatReplacesWhat) {
  EXPECT_EQ(UnifiedHunks("a\nb\nc\n", "a\nx\nc\n", false), "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
}

TEST(UnifiedHunks, AreSeparateForDistantChanges) {
  EXPECT_EQ(UnifiedHunks(Numbers(1, 20), "0\n" + Numbers(1, 20) + "21\n", false),
            "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -18,3 +19,4 @@\n 18\n 19\n 20\n+21\n");
}

TEST(UnifiedHunks, ShowALineThatIsEmptyOrLooksLikeAHeader) {
  EXPECT_EQ(UnifiedHunks("a\n", "a\n\n--- b\n", false), "@@ -1,1 +1,3 @@\n a\n+\n+--- b\n");
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// What a patch program makes of `before`; "broken" when the hunks do not fit it.
std::string Apply(const std::string& before, const std::string& hunks) {
  const std::vector<std::string> lines = Lines(before);
  std::string after;
  size_t next = 0;  // line of `before`
  for (const std::string& line : Lines(hunks)) {
    if (line[0] == '@') {
      const auto start = static_cast<size_t>(std::stoi(line.substr(line.find('-') + 1)));
      if (start < next + 1 && start != 0) return "broken";
      while (start != 0 && next + 1 < start) after += lines[next++] + "\n";
    } else if (line[0] == '+') {
      after += line.substr(1) + "\n";
    } else {
      if (next == lines.size() || lines[next] != line.substr(1)) return "broken";
      if (line[0] == ' ') after += lines[next] + "\n";
      ++next;
    }
  }
  while (next < lines.size()) after += lines[next++] + "\n";
  return after;
}

TEST(UnifiedHunks, TurnOneTextIntoTheOther) {
  std::mt19937 random(7);  // the same texts in each run
  const auto text = [&random] {
    std::string lines;
    for (size_t i = random() % 40; i > 0; --i) lines += std::string(1, static_cast<char>('a' + random() % 4)) + "\n";
    return lines;
  };
  for (int i = 0; i < 500; ++i) {
    const std::string before = text();
    const std::string after = i % 2 == 0 ? text() : before + text();
    ASSERT_EQ(Apply(before, UnifiedHunks(before, after, false)), after) << before;
  }
}

TEST(UnifiedHunks, AreColoredWhenAsked) {
  EXPECT_EQ(UnifiedHunks("a\nb\n", "a\nc\n", true),
            "\x1b[36m@@ -1,2 +1,2 @@\x1b[0m\n a\n\x1b[31m-b\x1b[0m\n\x1b[32m+c\x1b[0m\n");
}

}  // namespace
}  // namespace irsa::cli
