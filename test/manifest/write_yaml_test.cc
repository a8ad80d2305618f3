#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "irsa/manifest/manifest.h"

namespace irsa::manifest {
namespace {

// Reading what was written gives the same value; the JSON tells 1 from 1.0 where == does not.
void ExpectRoundTrip(const Value& value) {
  const std::string yaml = WriteYaml(value);
  const auto documents = ReadDocuments(yaml);
  ASSERT_TRUE(documents.ok()) << documents.error().message << "\n" << yaml << "\n" << value.dump();
  ASSERT_EQ(documents->size(), 1U) << yaml;
  EXPECT_EQ(documents->front().value.dump(), value.dump()) << yaml;
}

TEST(WriteYaml, WritesBlocksAsKubectlDoes) {
  const Value value = Value::parse(R"({
    "kind": "Pod", "metadata": {"labels": {}, "annotations": {"a/b": "c"}},
    "spec": {"containers": [{"name": "x", "args": ["-v", "true"], "env": []}, {"name": "y"}], "x": 3, "on": null},
    "lists": [[1, 2], [[3]], [{"a": [{"b": 4}]}], {}, []]})");
  EXPECT_EQ(WriteYaml(value), R"(kind: Pod
metadata:
  labels: {}
  annotations:
    a/b: c
spec:
  containers:
  - name: x
    args:
    - -v
    - "true"
    env: []
  - name: "y"
  x: 3
  "on": null
lists:
- - 1
  - 2
- - - 3
- - a:
    - b: 4
- {}
- []
)");
}

TEST(WriteYaml, QuotesStringsOnlyWhereTheyMeanSomethingElse) {
  const Value value = {"plain",       "a b",  "a:b",    "http://x/?a#b", "10.0.0.1", "-x",
                       "?x",          ":x",   "x'y",    "true",          "Yes",      "null",
                       "~",           "",     "12",     "1e3",           "0x1f",     ".5",
                       "1:30",        "=",    "<<",     "2001-12-14",    "a: b",     "a:",
                       "a #b",        "#a",   "- a",    " lead",         "end ",     "[a]",
                       "{a}",         "*a",   "&a",     "'it''s'",       "---",      "-",
                       "a\tb",        "a\rb", "\u0085", "\u2028",        "\ufeff",   "\"q",
                       "back\\slash", "é😀"};
  EXPECT_EQ(WriteYaml(value), R"(- plain
- a b
- a:b
- http://x/?a#b
- 10.0.0.1
- -x
- ?x
- :x
- x'y
- "true"
- "Yes"
- "null"
- "~"
- ""
- "12"
- "1e3"
- "0x1f"
- ".5"
- "1:30"
- "="
- "<<"
- "2001-12-14"
- 'a: b'
- 'a:'
- 'a #b'
- '#a'
- '- a'
- ' lead'
- 'end '
- '[a]'
- '{a}'
- '*a'
- '&a'
- '''it''''s'''
- '---'
- '-'
- "a\tb"
- "a\rb"
- "\u0085"
- "\u2028"
- "\ufeff"
- '"q'
- back\slash
- é😀
)");
  ExpectRoundTrip(value);
}

TEST(WriteYaml, WritesLinesAsALiteralBlockWhereOneKeepsThem) {
  const Value value = {{"clip", "a\n  b\n\n\tc\n"}, {"strip", "a\nb"}, {"keep", "a\n\n\n"}, {"list", {"a\n#b\n"}}};
  EXPECT_EQ(WriteYaml(value),
            "clip: |\n  a\n    b\n\n  \tc\nstrip: |-\n  a\n  b\nkeep: |+\n  a\n\n\nlist:\n- |\n  a\n  #b\n");
  ExpectRoundTrip(value);
}

TEST(WriteYaml, QuotesLinesThatALiteralBlockWouldLose) {
  const Value value = {
      {"lead", " a\nb"}, {"break", "\na"}, {"trail", "a \nb"}, {"blank", "a\n  \nb"}, {"cr", "a\r\nb"}};
  EXPECT_EQ(WriteYaml(value),
            "lead: \" a\\nb\"\nbreak: \"\\na\"\ntrail: \"a \\nb\"\nblank: \"a\\n  \\nb\"\ncr: \"a\\r\\nb\"\n");
  ExpectRoundTrip(value);
}

TEST(WriteYaml, MarksKeysThatAreTooLongToBeFound) {
  const std::string key(2000, 'k');
  const Value value = {{"a", {{key, {1, {{"b", 2}}}}, {key + "2", {{"c", 3}}}, {key + "3", "x\ny"}}}};
  EXPECT_EQ(WriteYaml({{key, Value::array({1})}}), "? " + key + "\n:\n  - 1\n");
  ExpectRoundTrip(value);
}

TEST(WriteYaml, WritesScalarsByThemselves) {
  EXPECT_EQ(WriteYaml("a\nb"), "\"a\\nb\"\n");
  EXPECT_EQ(WriteYaml(3), "3\n");
  EXPECT_EQ(WriteYaml(Value::object()), "{}\n");
  for (const Value& value :
       {Value("x"), Value("--- a"), Value("# a"), Value("%a"), Value(1.5), Value(true), Value("a: b")}) {
    ExpectRoundTrip(value);
  }
}

TEST(WriteYaml, KeepsNumbers) {
  ExpectRoundTrip({0, -1, 420, 1.0, -0.0, 1e3, 0.1, 1e-7, 1e300, 5e-324, 1.7976931348623157e308, 12345678901234567890U,
                   std::numeric_limits<int64_t>::min(), std::numeric_limits<uint64_t>::max(), true, false, nullptr});
}

TEST(WriteYaml, RoundTripsAwkwardStringsAsKeysAndValuesEverywhere) {
  std::vector<std::string> strings = {"",
                                      " ",
                                      "  ",
                                      "\t",
                                      "\n",
                                      "\n\n",
                                      " \n",
                                      "a",
                                      "\na\n",
                                      "a\n b",
                                      "a\n\n",
                                      "a\n\tb",
                                      "\ta\nb",
                                      "a\n ",
                                      "a: ",
                                      ": ",
                                      ":",
                                      "?",
                                      "? a",
                                      "-",
                                      "- ",
                                      "--- ",
                                      "...",
                                      "!a",
                                      "!!str",
                                      "|",
                                      ">",
                                      "%YAML",
                                      "@",
                                      "`",
                                      "'",
                                      "''",
                                      "\"",
                                      "\\",
                                      "\\n",
                                      "a'b\"c",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      "a,b",
                                      "a]",
                                      "a}",
                                      "#",
                                      "a# b",
                                      "a #",
                                      "y",
                                      "N",
                                      "off",
                                      "0",
                                      "-0",
                                      "+1",
                                      "00",
                                      "08",
                                      "1_",
                                      "0b1",
                                      "1.",
                                      ".",
                                      ".inf",
                                      "-.NaN",
                                      "1e999",
                                      "190:20:30",
                                      "2001-01-01 10:00:00",
                                      "\x01",
                                      "a\b\f",
                                      "\x1b[0m",
                                      "\x7f",
                                      "\u0080",
                                      "\u00a0",
                                      "\u2029",
                                      "\ufeff",
                                      "\ufffe",
                                      "\uffff",
                                      "\U0001F600",
                                      std::string("a\0b", 3),
                                      std::string(5000, 'x'),
                                      std::string(3000, '\n'),
                                      "a\n" + std::string(300, ' ') + "b"};
  for (const std::string& a : strings) {
    ExpectRoundTrip(a);
    ExpectRoundTrip({{a, a}});
    ExpectRoundTrip({{"k", {{a, {a, {a}, {{"x", a}, {a, Value::array({a})}}}}}}, {"z", 1}});
  }
  Value all;
  for (const std::string& a : strings) all[a] = strings;
  ExpectRoundTrip(all);
}

Value RandomValue(std::mt19937& random, int depth) {
  static const std::vector<std::string> kPieces = {"a", "B",  "1", "0",  " ", "  ", "\n", "\t",     ":",   ": ",
                                                   "#", " #", "-", "- ", "'", "\"", "\\", ",",      "[",   "]",
                                                   "{", "}",  "&", "*",  "!", "|",  ">",  "%",      "?",   ".",
                                                   "_", "e",  "+", "~",  "é", "😀",  "\r", "\u2028", "---", "\n\n"};
  const auto pick = [&random](size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random); };
  const auto text = [&] {
    std::string pieces;
    for (size_t i = pick(7); i > 0; --i) pieces += kPieces[pick(kPieces.size())];
    return pieces;
  };
  const size_t kind = pick(depth > 0 ? 8 : 6);
  if (kind == 0) return Value(static_cast<int64_t>(random()) - (int64_t{1} << 31));
  if (kind == 1) return Value(static_cast<double>(random()) / 1000);
  if (kind < 6) return text();
  Value value = kind == 6 ? Value::object() : Value::array();
  for (size_t i = pick(5); i > 0; --i) {
    if (kind == 6) {
      value[text()] = RandomValue(random, depth - 1);
    } else {
      value.push_back(RandomValue(random, depth - 1));
    }
  }
  return value;
}

TEST(WriteYaml, RoundTripsRandomValues) {
  std::mt19937 random(20240229);  // the same values in each run
  for (int i = 0; i < 3000 && !::testing::Test::HasFailure(); ++i) {
    const Value value = RandomValue(random, 4);
    if (!value.is_null()) ExpectRoundTrip(value);
  }
}

}  // namespace
}  // namespace irsa::manifest
