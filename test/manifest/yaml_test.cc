// What YAML has beyond JSON: aliases, merge keys, tags, block scalars, odd keys.
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/manifest/manifest.h"

namespace irsa::manifest {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The first document's JSON, or the error.
std::string Read(std::string_view text, const Limits& limits = {}) {
  const auto documents = ReadDocuments(text, limits);
  if (!documents) return documents.error().message;
  return documents->empty() ? "" : documents->front().value.dump();
}

TEST(Yaml, ResolvesPlainScalarsOnly) {
  EXPECT_EQ(Read("[yes, 'yes', \"yes\", 0644, '0644', ~, '~', '']"), R"([true,"yes","yes",420,"0644",null,"~",""])");
  EXPECT_EQ(Read("a: |\n  12\nb: >-\n  true\nc:\n"), R"({"a":"12\n","b":"true","c":null})");
}

TEST(Yaml, ReadsBlockScalars) {
  EXPECT_EQ(Read("a: |-\n  x\n   y\n\n  z\n\nb: |+\n  x\n\nc: >\n  x\n  y\n"),
            R"({"a":"x\n y\n\nz","b":"x\n\n","c":"x y\n"})");
}

TEST(Yaml, ReadsEscapes) {
  EXPECT_EQ(Read(R"(a: "\x41\u00e9\U0001F600\n\t\\\"\/")"), "{\"a\":\"Aé😀\\n\\t\\\\\\\"/\"}");
}

// yaml-cpp gives these as bytes that are not UTF-8.
TEST(Yaml, ReadsEscapesForUnicodeBlanksAndLineBreaks) {
  EXPECT_EQ(Read(R"(["\u00e9\Né\_x", "\_", !!str "\N", "\L\P"])"),
            "[\"é\u0085é\u00a0x\",\"\u00a0\",\"\u0085\",\"\u2028\u2029\"]");
}

TEST(Yaml, HonoursTags) {
  EXPECT_EQ(Read("[!!str 12, !!int '12', !!float 1, !!bool yes, !!null '', ! 12, !!map {a: 1}, !!seq [b]]"),
            R"(["12",12,1.0,true,null,"12",{"a":1},["b"]])");
  EXPECT_EQ(Read("!!str yes: 1"), R"({"yes":1})");
}

TEST(Yaml, RefusesOtherTags) {
  EXPECT_EQ(Read("a: 1\nb: !!binary eA=="),
            "document 1, line 2: the tag !!binary: write base64 as a string without the tag");
  EXPECT_EQ(Read("a: !mine x"), "document 1, line 1: an unknown tag");
  EXPECT_EQ(Read("a: !!set {x, y}"), "document 1, line 1: an unknown tag");
  EXPECT_EQ(Read("a: !!omap [x: 1]"), "document 1, line 1: an unknown tag");
  EXPECT_EQ(Read("a: !!int x"), "document 1, line 1: a value that does not match its tag");
}

TEST(Yaml, MakesKeysText) {
  EXPECT_EQ(Read("{1: a, yes: b, 0x10: c, 1.5: d, '': e, 2001-01-01: f}"),
            R"({"1":"a","true":"b","16":"c","1.5":"d","":"e","2001-01-01":"f"})");
}

TEST(Yaml, RefusesKeysThatAreNoScalars) {
  for (const char* text : {"[a]: b", "{a: b}: c", "~: a", "? [a]\n: b", "a: &x [1]\n*x : 2"}) {
    EXPECT_THAT(Read(text), HasSubstr("a key that is null, a list or a map")) << text;
  }
}

TEST(Yaml, ExpandsAliases) {
  EXPECT_EQ(Read("a: &x {b: [1]}\nc: *x\nd: [*x, &y z, *y]"),
            R"({"a":{"b":[1]},"c":{"b":[1]},"d":[{"b":[1]},"z","z"]})");
  EXPECT_EQ(Read("&k a: 1\nb: *k\nc: &v d\n*v : 2"), R"({"a":1,"b":"a","c":"d","d":2})");
  EXPECT_EQ(Read("a: &x ~\nb: *x"), R"({"a":null,"b":null})");
}

TEST(Yaml, RefusesAliasesOfNothingAndOfThemselves) {
  // What follows the sentence depends on yaml-cpp's version.
  EXPECT_THAT(Read("a: *x"), StartsWith("document 1, line 1: not valid YAML: the referenced anchor is not defined"));
  EXPECT_THAT(Read("a: &x 1\n---\nb: *x"),
              StartsWith("document 2, line 3: not valid YAML: the referenced anchor is not defined"));
  EXPECT_EQ(Read("a: &x\n- *x"), "document 1, line 2: an alias that refers to a value it is part of");
  EXPECT_EQ(Read("&x a:\n  &y b: {*y : 1}"), R"({"a":{"b":{"b":1}}})");
  EXPECT_EQ(Read("a: &x {*x : 1}"), "document 1, line 1: an alias that refers to a value it is part of");
}

TEST(Yaml, BoundsWhatAliasesStandFor) {
  std::string laughs = "a0: &a0 [lol]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + ", " + last + "]\n";
  }
  EXPECT_THAT(Read(laughs), HasSubstr("aliases that expand to far more than the text"));
  EXPECT_THAT(Read(laughs, {.max_values = 1000}), HasSubstr("more values than the limit, with aliases expanded"));
}

TEST(Yaml, LetsAliasesRepeatWhatPeopleRepeat) {
  std::string text = "anchor: &a {name: x, value: z}\nlist:\n";
  for (int i = 0; i < 1000; ++i) text += "- *a\n";
  EXPECT_THAT(Read(text), HasSubstr(R"({"name":"x","value":"z"})"));
}

TEST(Yaml, BoundsTheTextThatAliasesStandFor) {
  std::string text = "a: &a " + std::string(6400, 'x') + "\nb: [";
  for (int i = 0; i < 100; ++i) text += "*a, ";
  EXPECT_THAT(Read(text + "]", {.max_values = 10'000}), HasSubstr("more values than the limit"));
  EXPECT_THAT(Read(text + "]", {.max_values = 20'000}), HasSubstr("xxx"));
}

// Each is kept a second time, whether or not it is ever repeated: a list within anchored lists once for each of them.
TEST(Yaml, CountsWhatAnchorsKeep) {
  const std::string zeros = "0, 0, 0, 0, 0, 0, 0, 0, 0, 0";
  EXPECT_THAT(Read("[[[" + zeros + "]]]", {.max_values = 30}), HasSubstr("[[[0,0"));
  EXPECT_THAT(Read("&a [&b [&c [" + zeros + "]]]", {.max_values = 30}), HasSubstr("more values than the limit"));
  std::string keys;
  for (int i = 0; i < 10; ++i) keys += "&k" + std::to_string(i) + " a" + std::to_string(i) + ": 0, ";
  EXPECT_THAT(Read("{" + keys + "}", {.max_values = 21}), HasSubstr("\"a9\":0"));
  EXPECT_THAT(Read("{" + keys + "}", {.max_values = 20}), HasSubstr("more values than the limit"));
}

TEST(Yaml, BoundsTheDepthThatAliasesAddUpTo) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_EQ(Read(text), "document 1, line 100: nested deeper than 100");
}

TEST(Yaml, ExpandsMergeKeys) {
  EXPECT_EQ(Read("base: &b {x: 1, w: 2}\nc:\n  <<: *b\n  w: 3\n  z: 4"),
            R"({"base":{"x":1,"w":2},"c":{"w":3,"z":4,"x":1}})");
  EXPECT_EQ(Read("[&a {x: 1}, &b {x: 2, w: 2}, {z: 0, <<: [*a, *b]}]"),
            R"([{"x":1},{"x":2,"w":2},{"z":0,"x":1,"w":2}])");
  EXPECT_EQ(Read("{<<: {a: 1}, <<: {a: 2, b: 3}}"), R"({"a":1,"b":3})");
  EXPECT_EQ(Read("{!!merge <<: {a: 1}}"), R"({"a":1})");
}

TEST(Yaml, MergesOnlyMapsUnderAKeyThatIsNotQuoted) {
  EXPECT_EQ(Read("{'<<': 1, a: <<}"), R"({"<<":1,"a":"<<"})");
  for (const char* text : {"<<: 1", "<<: [1]", "<<: ~", "<<: [{a: 1}, []]"}) {
    EXPECT_EQ(Read(text), "document 1, line 1: a merge key << whose value is neither a map nor a list of maps") << text;
  }
}

// yaml-cpp would read on as if another document had begun.
TEST(Yaml, RefusesTextBehindTheEndOfADocument) {
  constexpr const char* kBehind = ": text after the end of a document; begin a new document with ---";
  constexpr const char* kNoYaml = ": not valid YAML: illegal flow end";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"- a\nb: c\n", std::string("document 2, line 2") + kBehind},
      {"[a] [b]", std::string("document 2, line 1") + kBehind},
      {"a: 1\n...\nb: 2\n", std::string("document 2, line 3") + kBehind},
      {"]", std::string("document 1, line 1") + kNoYaml},
      {"--- ]", std::string("document 1, line 1") + kNoYaml},
      {"- a\n]\n---\nb: c", std::string("document 1, line 2") + kNoYaml},
  };
  for (const auto& [text, error] : cases) {
    EXPECT_EQ(Read(text), error) << text;
    EXPECT_FALSE(ReadDocuments(text).ok()) << text;
  }
}

// yaml-cpp would make up a null.
TEST(Yaml, RefusesAKeyWithoutAColon) {
  EXPECT_EQ(Read("a: b\nc\n---\nd: e\n"), "document 1, line 2: a key without a colon after it");
  EXPECT_THAT(Read("a: b\nc\n"), HasSubstr("document 1, line 2: not valid YAML"));
  EXPECT_EQ(Read("a:\nb: {c: , d: ~}\n? e\n"), R"({"a":null,"b":{"c":null,"d":null},"e":null})");
}

TEST(Yaml, RefusesAQuoteThatIsNotClosed) {
  for (const char* text : {"a: 'b\n", "a: 'b", "a: \"b\n", "- 'b\n- c\n", "a: 'b\n---\nc: d\n"}) {
    EXPECT_THAT(Read(text), HasSubstr("in scalar")) << text;
  }
}

TEST(Yaml, EndsABlockScalarWithTheText) {
  for (const char* text : {"a: |\n  b", "a: |\n  b\n", "a: |\n  b\n\n\n", "a: |+\n  b\n"}) {
    EXPECT_EQ(Read(text), R"({"a":"b\n"})") << text;
  }
}

TEST(Yaml, RefusesTabsAsIndentation) { EXPECT_FALSE(ReadDocuments("a:\n\tb: c\n").ok()); }

TEST(Yaml, TakesDirectives) { EXPECT_EQ(Read("%YAML 1.1\n---\na: 1\n"), R"({"a":1})"); }

}  // namespace
}  // namespace irsa::manifest
