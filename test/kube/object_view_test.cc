#include "irsa/kube/api/object_view.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::kube {
namespace {

base::Json Parse(std::string_view text) { return base::ReadJson(text).value(); }

TEST(ObjectView, HasTheNamesAndTheVersion) {
  const base::Json json = Parse(R"({"metadata": {"namespace": "team-a", "name": "app", "resourceVersion": "7"}})");
  const auto view = ViewObject(json);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->namespace_name, "team-a");
  EXPECT_EQ(view->name, "app");
  EXPECT_EQ(view->resource_version, "7");
  EXPECT_EQ(view->json, &json);
}

TEST(ObjectView, MayBeInNoNamespace) {
  EXPECT_EQ(ViewObject(Parse(R"({"metadata": {"name": "node", "resourceVersion": "7"}})"))->namespace_name, "");
}

TEST(ObjectView, RefusesWhatIsNoObjectOfTheApi) {
  const Error nameless{ErrorCode::kInvalid, "an object without metadata.name"};
  for (const char* text : {"[]", "{}", R"({"metadata": []})", R"({"metadata": {"resourceVersion": "7"}})",
                           R"({"metadata": {"name": 7, "resourceVersion": "7"}})"}) {
    EXPECT_EQ(ViewObject(Parse(text)).error(), nameless) << text;
  }
  EXPECT_EQ(ViewObject(Parse(R"({"metadata": {"name": "app"}})")).error(),
            (Error{ErrorCode::kInvalid, "object app has no metadata.resourceVersion"}));
}

TEST(VersionNumber, IsThereForNumbersOnly) {
  EXPECT_EQ(VersionNumber("0"), 0U);
  EXPECT_EQ(VersionNumber("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "18446744073709551616", "-1", "+1", "1a", " 1", "0x1"}) {
    EXPECT_EQ(VersionNumber(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace irsa::kube
