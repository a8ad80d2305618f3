#include "irsa/identity/sources/packed_annotations.h"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<std::pair<std::string, std::string>> Texts(const PackedAnnotations& packed) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const Annotation& annotation : packed.Unpack()) texts.emplace_back(annotation.key, annotation.value);
  return texts;
}

PackedAnnotations Under(std::string_view prefix, std::string_view text) {
  return AnnotationsUnder(prefix, base::ReadJson(text).value());
}

TEST(PackedAnnotations, GivesBackWhatWasAdded) {
  PackedAnnotations packed;
  packed.Add({"a", std::string(100'000, 'x')});
  packed.Add({"", ""});
  packed.Add({"b", std::string_view("\0\n", 2)});
  EXPECT_THAT(Texts(packed),
              ElementsAre(Pair("a", std::string(100'000, 'x')), Pair("", ""), Pair("b", std::string("\0\n", 2))));
  EXPECT_EQ(PackedAnnotations(packed.bytes()), packed);
}

TEST(PackedAnnotations, OfNothingTakeNothing) {
  EXPECT_EQ(PackedAnnotations().bytes(), "");
  EXPECT_THAT(PackedAnnotations().Unpack(), IsEmpty());
}

TEST(PackedAnnotations, AreThoseUnderThePrefix) {
  EXPECT_THAT(Texts(Under("p.io", R"({"metadata": {"annotations": {"p.io/z": "1", "p.io/a": "2", "p.io": "3",
                                     "p.iox/a": "4", "x.p.io/a": "5", "p.io/": "6"}}})")),
              ElementsAre(Pair("p.io/", "6"), Pair("p.io/a", "2"), Pair("p.io/z", "1")));
}

TEST(PackedAnnotations, CountWhatIsNoStringAsEmpty) {
  EXPECT_THAT(Texts(Under("p", R"({"metadata": {"annotations": {"p/a": null, "p/b": 7, "p/c": "x"}}})")),
              ElementsAre(Pair("p/a", ""), Pair("p/b", ""), Pair("p/c", "x")));
}

TEST(PackedAnnotations, AreNoneWhereThereIsNoMapOfThem) {
  for (const char* text : {"[]", "{}", R"({"metadata": 1})", R"({"metadata": {}})",
                           R"({"metadata": {"annotations": null}})", R"({"metadata": {"annotations": "p/a"}})"}) {
    EXPECT_EQ(Under("p", text), PackedAnnotations()) << text;
  }
}

}  // namespace
}  // namespace irsa::identity
