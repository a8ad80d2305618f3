#include "src/kube/api/list_page.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kMaxBytes = 1024;

class ListPageTest : public ::testing::Test {
 protected:
  Result<ListPage> Read(std::string_view text) {
    return ReadListPage(text, kMaxBytes, [this](const ObjectView& item) {
      taken_.push_back(std::string(item.namespace_name) + "/" + std::string(item.name) + "@" +
                       std::string(item.resource_version));
    });
  }

  std::vector<std::string> taken_;
};

TEST_F(ListPageTest, HandsOnItsItemsInOrder) {
  const auto page = Read(R"({"kind": "ServiceAccountList", "metadata": {"resourceVersion": "9", "continue": "more"},
    "items": [{"metadata": {"namespace": "a", "name": "x", "resourceVersion": "1"}},
              {"metadata": {"namespace": "b", "name": "y", "resourceVersion": "2"}}]})");
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(*page, (ListPage{"more", "9", 2}));
  EXPECT_THAT(taken_, ElementsAre("a/x@1", "b/y@2"));
}

TEST_F(ListPageTest, MayBeEmpty) {
  for (const char* text :
       {R"({"metadata": {"resourceVersion": "9"}, "items": []})", R"({"metadata": {"resourceVersion": "9"}})",
        R"({"metadata": {"resourceVersion": "9", "continue": ""}, "items": null})"}) {
    const auto page = Read(text);
    ASSERT_TRUE(page.ok()) << text;
    EXPECT_EQ(*page, (ListPage{"", "9", 0})) << text;
  }
  EXPECT_THAT(taken_, IsEmpty());
}

TEST_F(ListPageTest, RefusesWhatIsNoList) {
  const std::pair<const char*, Error> cases[] = {
      {"{\"metadata\"", {ErrorCode::kMalformed, "a list: not valid JSON at byte 12"}},
      {"[]", {ErrorCode::kInvalid, "a list: it has no metadata.resourceVersion"}},
      {R"({"metadata": {}, "items": []})", {ErrorCode::kInvalid, "a list: it has no metadata.resourceVersion"}},
      {R"({"metadata": {"resourceVersion": "9"}, "items": {}})",
       {ErrorCode::kInvalid, "a list: items is not an array but of type object"}},
      {R"({"metadata": {"resourceVersion": "9"}, "items": [{"metadata": {"name": "x", "resourceVersion": "1"}}, {}]})",
       {ErrorCode::kInvalid, "a list: item 2: an object without metadata.name"}}};
  for (const auto& [text, error] : cases) EXPECT_EQ(Read(text).error(), error) << text;
  EXPECT_EQ(Read(std::string(kMaxBytes + 1, ' ')).error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(taken_, IsEmpty());
}

TEST(ListProgress, EndsAListThatGetsNowhere) {
  ListProgress repeats;
  EXPECT_TRUE(repeats.Take({.continue_token = "a", .resource_version = "1", .items = 1}).ok());
  EXPECT_TRUE(repeats.Take({.continue_token = "b", .resource_version = "1", .items = 1}).ok());
  EXPECT_TRUE(
      repeats.Take({.continue_token = "b", .resource_version = "1", .items = 1}).FailedWith(ErrorCode::kInvalid));
  ListProgress empty;
  for (size_t i = 1; i < ListProgress::kMaxEmptyPages; ++i) {
    EXPECT_TRUE(empty.Take({.continue_token = std::to_string(i), .resource_version = "1"}).ok());
  }
  EXPECT_FALSE(empty.Take({.continue_token = "x", .resource_version = "1"}).ok());
}

TEST(ListProgress, LetsPagesBeEmptyNowAndThen) {
  ListProgress progress;
  for (size_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(progress.Take({.continue_token = std::to_string(i), .resource_version = "1", .items = i % 50}).ok());
  }
  EXPECT_TRUE(progress.Take({.continue_token = "", .resource_version = "1"}).ok());
}

}  // namespace
}  // namespace irsa::kube
