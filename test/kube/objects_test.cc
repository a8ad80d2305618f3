#include "irsa/kube/api/objects.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/kube/reflector_fixture.h"

namespace irsa::kube {
namespace {

class ObjectsTest : public ::testing::Test {
 protected:
  // The names handed on, then the error's message, if there is one.
  std::vector<std::string> List(const std::string& query = "") {
    std::vector<std::string> names;
    const Status listed = ListObjects(server_, clock_, {.path = "/api/v1/things", .query = query, .page_size = 16},
                                      [&names](const ObjectView& object) { names.emplace_back(object.name); });
    if (!listed.ok()) names.push_back(listed.error().message);
    return names;
  }

  irsa::testing::FakeClock clock_;
  ScriptedApiServer server_;
};

TEST_F(ObjectsTest, ListsPageByPage) {
  server_.Add(Answer(200, Page(1, {ObjectText("a", 1), ObjectText("b", 1)}, "m/1")));
  server_.Add(Answer(200, Page(1, {ObjectText("c", 1)})));
  EXPECT_EQ(List("labelSelector=x"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(server_.requests(),
            (std::vector<std::string>{"GET /api/v1/things?limit=16&labelSelector=x",
                                      "GET /api/v1/things?limit=16&labelSelector=x&continue=m%2F1"}));
}

TEST_F(ObjectsTest, AsksForSmallerPagesWhenOneIsTooLarge) {
  for (int i = 0; i < 3; ++i) server_.Add(Fail({ErrorCode::kTooLarge, "too large"}));
  EXPECT_EQ(List(), std::vector<std::string>{"list /api/v1/things: too large"});
  EXPECT_EQ(server_.requests(), (std::vector<std::string>{"GET /api/v1/things?limit=16", "GET /api/v1/things?limit=2",
                                                          "GET /api/v1/things?limit=1"}));
}

TEST_F(ObjectsTest, SaysWhyAListEnded) {
  server_.Add(Answer(200, Page(1, {ObjectText("a", 1)}, "more")));
  server_.Add(Answer(410, R"({"kind":"Status","message":"expired"})"));
  EXPECT_EQ(List(), (std::vector<std::string>{"a", "list /api/v1/things: the apiserver answered 410: expired"}));
  server_.Add(Answer(200, "no JSON"));
  EXPECT_EQ(List()[0].substr(0, 28), "list /api/v1/things: a list:");
}

TEST_F(ObjectsTest, GetsOne) {
  server_.Add(Answer(200, R"({"a":1})"));
  EXPECT_EQ(GetObject(server_, clock_, "/api/v1/things/x").value(), nlohmann::json({{"a", 1}}));
  server_.Add(Answer(404));
  EXPECT_EQ(GetObject(server_, clock_, "/api/v1/things/x").error().code, ErrorCode::kNotFound);
  server_.Add(Answer(200, "no JSON"));
  EXPECT_EQ(GetObject(server_, clock_, "/api/v1/things/x").error().code, ErrorCode::kMalformed);
}

TEST_F(ObjectsTest, GivesEachRequestTimeAndRoom) {
  server_.Add([this](const ApiRequest& request) {
    EXPECT_EQ(request.deadline, clock_.SteadyNow() + std::chrono::seconds(7));
    EXPECT_EQ(request.max_answer_bytes, 7U);
    return ApiAnswer{200, R"({"a":1})", {}};
  });
  EXPECT_TRUE(
      GetObject(server_, clock_, "/x", {.request_timeout = std::chrono::seconds(7), .max_answer_bytes = 7}).ok());
}

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

TEST(CollectionPath, HasTheNamespaceWhereThereIsOne) {
  EXPECT_EQ(CollectionPath("api/v1", "", "pods"), "/api/v1/pods");
  EXPECT_EQ(CollectionPath("apis/apps/v1", "n", "deployments"), "/apis/apps/v1/namespaces/n/deployments");
  EXPECT_EQ(ObjectPath("apis/apps/v1", "n", "deployments", "x"), "/apis/apps/v1/namespaces/n/deployments/x");
}

}  // namespace
}  // namespace irsa::kube
