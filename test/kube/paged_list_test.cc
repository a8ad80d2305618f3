#include "src/kube/api/paged_list.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/scripted_api_server.h"
#include "test/testing/fake_clock.h"

namespace irsa::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kMaxBytes = 1024;

class PagedListTest : public ::testing::Test {
 protected:
  Result<std::string> Read(std::string_view text) {
    return list_.Read(ApiAnswer{200, std::string(text), {}}, [this](const ObjectView& item) {
      taken_.push_back(std::string(item.namespace_name) + "/" + std::string(item.name) + "@" +
                       std::string(item.resource_version));
    });
  }
  // A page with that continue token.
  Result<std::string> ReadPage(const std::string& token, bool is_empty) {
    return Read(R"({"metadata": {"resourceVersion": "1", "continue": ")" + token + R"("}, "items": [)" +
                (is_empty ? "" : R"({"metadata": {"name": "x", "resourceVersion": "1"}})") + "]}");
  }

  irsa::testing::FakeClock clock_;
  ScriptedApiServer server_;
  PagedList list_{server_, clock_, {.path = "/p", .query = {}}, {.max_answer_bytes = kMaxBytes}};
  std::vector<std::string> taken_;
};

TEST_F(PagedListTest, HandsOnItsItemsInOrder) {
  const auto page = Read(R"({"kind": "ServiceAccountList", "metadata": {"resourceVersion": "9", "continue": "more"},
    "items": [{"metadata": {"namespace": "a", "name": "x", "resourceVersion": "1"}},
              {"metadata": {"namespace": "b", "name": "y", "resourceVersion": "2"}}]})");
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(*page, "9");
  EXPECT_TRUE(list_.has_begun());
  EXPECT_THAT(taken_, ElementsAre("a/x@1", "b/y@2"));
}

TEST_F(PagedListTest, MayBeEmpty) {
  for (const char* text :
       {R"({"metadata": {"resourceVersion": "9"}, "items": []})", R"({"metadata": {"resourceVersion": "9"}})",
        R"({"metadata": {"resourceVersion": "9", "continue": ""}, "items": null})"}) {
    const auto page = Read(text);
    ASSERT_TRUE(page.ok()) << text;
    EXPECT_EQ(*page, "9") << text;
    EXPECT_FALSE(list_.has_begun()) << text;
  }
  EXPECT_THAT(taken_, IsEmpty());
}

TEST_F(PagedListTest, RefusesWhatIsNoList) {
  const std::pair<const char*, Error> cases[] = {
      {"{\"metadata\"", {ErrorCode::kMalformed, "list /p: a list: not valid JSON at byte 12"}},
      {"[]", {ErrorCode::kInvalid, "list /p: a list: it has no metadata.resourceVersion"}},
      {R"({"metadata": {}, "items": []})",
       {ErrorCode::kInvalid, "list /p: a list: it has no metadata.resourceVersion"}},
      {R"({"metadata": {"resourceVersion": "9"}, "items": {}})",
       {ErrorCode::kInvalid, "list /p: a list: items is not an array but of type object"}},
      {R"({"metadata": {"resourceVersion": "9"}, "items": [{"metadata": {"name": "x", "resourceVersion": "1"}}, {}]})",
       {ErrorCode::kInvalid, "list /p: a list: item 2: an object without metadata.name"}}};
  for (const auto& [text, error] : cases) EXPECT_EQ(Read(text).error(), error) << text;
  EXPECT_EQ(Read(std::string(kMaxBytes + 1, ' ')).error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(taken_, IsEmpty());
}

TEST_F(PagedListTest, EndsAListThatGetsNowhere) {
  EXPECT_TRUE(ReadPage("a", false).ok());
  EXPECT_TRUE(ReadPage("b", false).ok());
  EXPECT_TRUE(ReadPage("b", false).FailedWith(ErrorCode::kInvalid));
  list_.StartAnew();
  for (size_t i = 1; i < PagedList::kMaxEmptyPages; ++i) EXPECT_TRUE(ReadPage(std::to_string(i), true).ok());
  EXPECT_FALSE(ReadPage("x", true).ok());
}

TEST_F(PagedListTest, LetsPagesBeEmptyNowAndThen) {
  for (size_t i = 0; i < 1000; ++i) EXPECT_TRUE(ReadPage(std::to_string(i), i % 50 == 0).ok());
  EXPECT_TRUE(ReadPage("", true).ok());
}

}  // namespace
}  // namespace irsa::kube
