#include "src/cli/mutate/mutation_output.h"

#include <vector>

#include <gtest/gtest.h>

namespace irsa::cli {
namespace {

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

}  // namespace
}  // namespace irsa::cli
