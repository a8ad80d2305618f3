#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/manifest/manifest.h"

namespace irsa::manifest {
namespace {

using ::testing::ElementsAre;

// "kind api-version name (place)" of each object, or the error.
std::vector<std::string> Objects(std::string_view text) {
  std::vector<Document> documents = ReadDocuments(text).value();
  const auto objects = ObjectsIn(documents);
  if (!objects) return {objects.error().message};
  std::vector<std::string> out;
  for (const Object& object : *objects) {
    out.push_back(object.kind + " " + object.api_version + " " + object.value->value("name", "-") + " (" +
                  object.place + ")");
  }
  return out;
}

TEST(ObjectsIn, AreTheDocuments) {
  EXPECT_THAT(Objects("kind: Pod\napiVersion: v1\nname: a\n---\n---\nkind: Other\nname: b\n"),
              ElementsAre("Pod v1 a (document 1, line 1)", "Other  b (document 3, line 5)"));
}

TEST(ObjectsIn, AreTheItemsOfListsHoweverNested) {
  EXPECT_THAT(Objects(R"({kind: List, apiVersion: v1, items: [{kind: Pod, name: a},
                          {kind: List, items: [{kind: Pod, apiVersion: v1, name: b}]}]})"),
              ElementsAre("Pod  a (document 1, line 1, item 1)", "Pod v1 b (document 1, line 1, item 2, item 1)"));
}

TEST(ObjectsIn, TakeTheKindFromATypedList) {
  EXPECT_THAT(Objects("kind: ServiceAccountList\napiVersion: v1\nitems:\n- name: a\n- {kind: Pod, name: b}\n"),
              ElementsAre("ServiceAccount v1 a (document 1, line 1, item 1)", "Pod v1 b (document 1, line 1, item 2)"));
}

TEST(ObjectsIn, IncludeAKindThatIsOnlyNamedLikeAList) {
  EXPECT_THAT(Objects("kind: AllowList\nname: a\nspec: {}\n"), ElementsAre("AllowList  a (document 1, line 1)"));
  EXPECT_THAT(Objects("kind: AllowList\nname: a\nitems: none\n"), ElementsAre("AllowList  a (document 1, line 1)"));
}

TEST(ObjectsIn, KnowTheirNames) {
  std::vector<Document> documents =
      ReadDocuments("{kind: A, metadata: {name: a, namespace: b}}\n---\n{kind: B, metadata: {name: null}}").value();
  const std::vector<Object> objects = ObjectsIn(documents).value();
  EXPECT_THAT((std::vector{objects[0].name, objects[0].namespace_name}), ElementsAre("a", "b"));
  EXPECT_THAT((std::vector{objects[1].name, objects[1].namespace_name}), ElementsAre("", ""));
}

TEST(ObjectsIn, AreThereToBeChanged) {
  std::vector<Document> documents = ReadDocuments("kind: List\nitems:\n- kind: Pod\n").value();
  (*ObjectsIn(documents).value().front().value)["name"] = "x";
  EXPECT_EQ(documents.front().value.dump(), R"({"kind":"List","items":[{"kind":"Pod","name":"x"}]})");
}

TEST(ObjectsIn, RefusesWhatIsNoMap) {
  EXPECT_THAT(Objects("kind: A\n---\n- kind: B\n"), ElementsAre("document 2, line 2: not an object but of type array"));
  EXPECT_THAT(Objects("kind: List\nitems: [x]\n"),
              ElementsAre("document 1, line 1, item 1: not an object but of type string"));
}

TEST(ObjectsIn, RefusesWhatHasNoKind) {
  std::vector<Document> documents = ReadDocuments("kind: List\nitems:\n- {kind: A}\n- {name: b}\n").value();
  EXPECT_EQ(ObjectsIn(documents).error(),
            (Error{ErrorCode::kInvalid, "document 1, line 1, item 2: an object without kind"}));
}

// kubectl refuses them too.
TEST(ObjectsIn, RefusesNamesThatAreNoStrings) {
  EXPECT_THAT(Objects("kind: 1\n"),
              ElementsAre("document 1, line 1: kind is not a string but of type number: quote it"));
  EXPECT_THAT(Objects("kind: A\napiVersion: 1\n"),
              ElementsAre("document 1, line 1: apiVersion is not a string but of type number: quote it"));
  EXPECT_THAT(Objects("kind: A\nmetadata: {name: a, namespace: no}\n"),
              ElementsAre("document 1, line 1: metadata.namespace is not a string but of type boolean: quote it"));
  EXPECT_THAT(Objects("kind: A\nmetadata: {name: [a]}\n"),
              ElementsAre("document 1, line 1: metadata.name is not a string but of type array"));
  EXPECT_THAT(Objects("kind: List\nitems: [{kind: A, metadata: {name: 7}}]\n"),
              ElementsAre("document 1, line 1, item 1: metadata.name is not a string but of type number: quote it"));
}

}  // namespace
}  // namespace irsa::manifest
