#include "src/identity/rules/patch_builder.h"

#include <functional>

#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

std::string Built(const std::function<void(PatchBuilder&)>& build) {
  std::string out;
  PatchBuilder builder(out);
  build(builder);
  builder.Finish();
  return out;
}

TEST(PatchBuilder, WritesNothingWhenNothingIsAppended) {
  EXPECT_EQ(Built([](PatchBuilder&) {}), "");
  EXPECT_EQ(Built([](PatchBuilder& patch) {
              patch.BeginList("/spec", "/volumes", true);
              patch.BeginList("/spec", "/volumes", false);
            }),
            "");
}

TEST(PatchBuilder, AppendsItemByItemToAListThatIsThere) {
  EXPECT_EQ(Built([](PatchBuilder& patch) {
              patch.BeginList("/spec", "/volumes", true);
              patch.Append("1");
              patch.Append("2");
            }),
            R"([{"op":"add","path":"/spec/volumes/-","value":1},{"op":"add","path":"/spec/volumes/-","value":2}])");
}

TEST(PatchBuilder, AddsAWholeListWhereThereIsNone) {
  EXPECT_EQ(Built([](PatchBuilder& patch) {
              patch.BeginList("/spec", "/volumes", false);
              patch.Append("1");
              patch.Append("2");
            }),
            R"([{"op":"add","path":"/spec/volumes","value":[1,2]}])");
}

TEST(PatchBuilder, PutsListsOneAfterTheOther) {
  EXPECT_EQ(Built([](PatchBuilder& patch) {
              patch.BeginList("/a", "/x", false);
              patch.Append("1");
              patch.BeginList("/b", "/none", false);
              patch.BeginList("/b", "/x", true);
              patch.Append("2");
              patch.BeginList("/c", "/x", false);
              patch.Append("3");
            }),
            R"([{"op":"add","path":"/a/x","value":[1]},)"
            R"({"op":"add","path":"/b/x/-","value":2},)"
            R"({"op":"add","path":"/c/x","value":[3]}])");
}

}  // namespace
}  // namespace irsa::identity
