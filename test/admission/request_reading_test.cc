// ReviewReader::ReadRequest: what is JSON, and what is an AdmissionReview.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/admission/review_reader.h"
#include "irsa/base/json.h"

namespace irsa::admission {
namespace {

using base::Json;

Json FullReview() {
  return Json::parse(R"({
    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
    "request": {
      "uid": "u-1", "operation": "CREATE", "namespace": "team-a", "subResource": "binding", "dryRun": true,
      "resource": {"group": "g", "version": "v1", "resource": "pods"},
      "userInfo": {"username": "alice", "groups": ["a"]},
      "object": {"spec": {"serviceAccountName": "app"}}
    }})");
}

std::string ErrorOf(std::string text) {
  ReviewReader reader("p");
  const Result<AdmissionRequest> request = reader.ReadRequest(text);
  if (request.ok()) return "ok";
  EXPECT_EQ(request.error().code, ErrorCode::kMalformed);
  return request.error().message;
}

// A review that carries `value` where nothing is read.
std::string WithUnread(const std::string& value) {
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u"},"unread":)" + value +
         "}";
}

std::string Nested(size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(ReadRequest, ReadsEveryField) {
  ReviewReader reader("p");
  std::string review = FullReview().dump();
  const Result<AdmissionRequest> request = reader.ReadRequest(review);
  ASSERT_TRUE(request.ok()) << request.error().message;
  EXPECT_EQ(request->api_version, "admission.k8s.io/v1");
  EXPECT_EQ(request->uid, "u-1");
  EXPECT_EQ(request->operation, "CREATE");
  EXPECT_EQ(request->group, "g");
  EXPECT_EQ(request->version, "v1");
  EXPECT_EQ(request->resource, "pods");
  EXPECT_EQ(request->sub_resource, "binding");
  EXPECT_EQ(request->namespace_name, "team-a");
  EXPECT_EQ(request->user_name, "alice");
  EXPECT_EQ(reader.ReadPod().value()->service_account_name, "app");
}

TEST(ReadRequest, TakesWhatIsMissingAsEmpty) {
  ReviewReader reader("p");
  std::string review = R"({"request":{"uid":"u","resource":null},"kind":"AdmissionReview",)"
                       R"("apiVersion":"admission.k8s.io/v1beta1"})";
  const Result<AdmissionRequest> request = reader.ReadRequest(review);
  ASSERT_TRUE(request.ok()) << request.error().message;
  EXPECT_EQ(request->api_version, "admission.k8s.io/v1beta1");
  EXPECT_EQ(request->operation.size() + request->group.size() + request->version.size() + request->resource.size() +
                request->sub_resource.size() + request->namespace_name.size() + request->user_name.size(),
            0U);
  EXPECT_EQ(reader.ReadPod().error(), (Error{ErrorCode::kInvalid, "request.object is missing"}));
}

TEST(ReadRequest, FindsNoPodWhereTheObjectIsNull) {
  ReviewReader reader("p");
  Json review = FullReview();
  review["request"]["object"] = nullptr;
  std::string text = review.dump();
  ASSERT_TRUE(reader.ReadRequest(text).ok());
  EXPECT_EQ(reader.ReadPod().error(), (Error{ErrorCode::kInvalid, "request.object is missing"}));
}

TEST(ReadRequest, ForgetsTheObjectOfTheLastReview) {
  ReviewReader reader("p");
  std::string good = FullReview().dump();
  ASSERT_TRUE(reader.ReadRequest(good).ok());
  std::string broken = "{";
  ASSERT_FALSE(reader.ReadRequest(broken).ok());
  EXPECT_FALSE(reader.ReadPod().ok());
}

struct Place {
  const char* pointer;
  const char* text;
  const char* expected;
};

TEST(ReadRequest, RefusesEveryWrongType) {
  const std::vector<std::pair<const char*, const char*>> values = {{"[]", "a list"},      {"{}", "an object"},
                                                                   {"\"x\"", "a string"}, {"3", "a number"},
                                                                   {"2.5", "a number"},   {"true", "a boolean"}};
  const std::vector<Place> places = {{"", "the review", "an object"},
                                     {"/apiVersion", "apiVersion", "a string"},
                                     {"/kind", "kind", "a string"},
                                     {"/request", "request", "an object"},
                                     {"/request/uid", "request.uid", "a string"},
                                     {"/request/operation", "request.operation", "a string"},
                                     {"/request/namespace", "request.namespace", "a string"},
                                     {"/request/subResource", "request.subResource", "a string"},
                                     {"/request/resource", "request.resource", "an object"},
                                     {"/request/resource/group", "request.resource.group", "a string"},
                                     {"/request/resource/version", "request.resource.version", "a string"},
                                     {"/request/resource/resource", "request.resource.resource", "a string"},
                                     {"/request/userInfo", "request.userInfo", "an object"},
                                     {"/request/userInfo/username", "request.userInfo.username", "a string"}};
  for (const auto& [pointer, text, expected] : places) {
    for (const auto& [value, type] : values) {
      if (std::string(type) == expected) continue;
      Json review = FullReview();
      review[Json::json_pointer(pointer)] = Json::parse(value);
      EXPECT_EQ(ErrorOf(review.dump()),
                std::string("admission review: ") + text + " is not " + expected + " but " + type);
    }
  }
  EXPECT_EQ(ErrorOf("null"), "admission review: the review is not an object but null");
}

TEST(ReadRequest, RefusesWhatIsNoAdmissionReviewWithARequestAndAUid) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/kind", "kind is not AdmissionReview"},
      {"/apiVersion", "apiVersion is neither admission.k8s.io/v1 nor admission.k8s.io/v1beta1"},
      {"/request", "request is missing"},
      {"/request/uid", "request.uid is missing"}};
  for (const auto& [pointer, message] : cases) {
    Json review = FullReview();
    review[Json::json_pointer(pointer)] = nullptr;
    EXPECT_EQ(ErrorOf(review.dump()), "admission review: " + message);
  }
  Json review = FullReview();
  review["apiVersion"] = "admission.k8s.io/v2";
  EXPECT_EQ(ErrorOf(review.dump()), "admission review: " + cases[1].second);
  review = FullReview();
  review["kind"] = "Pod";
  EXPECT_EQ(ErrorOf(review.dump()), "admission review: " + cases[0].second);
  review = FullReview();
  review["request"]["uid"] = "";
  EXPECT_EQ(ErrorOf(review.dump()), "admission review: " + cases[3].second);
}

TEST(ReadRequest, RefusesAKeyTwiceWhereItIsRead) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"kind":"a","kind":"a"})", "kind"},
      {R"({"request":null,"request":{}})", "request"},
      {R"({"request":{"uid":"a","ui\u0064":"b"}})", "request.uid"},
      {R"({"request":{"uid":"a","object":{},"object":{}}})", "request.object"},
      {R"({"request":{"uid":"a","resource":{"resource":"a","x":1,"resource":"a"}}})", "request.resource.resource"},
      {R"({"request":{"uid":"a","userInfo":{"username":"a","username":"a"}}})", "request.userInfo.username"}};
  for (const auto& [text, path] : cases) {
    std::string review = text;
    if (review.find("kind") == std::string::npos) {
      review.replace(0, 1, R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",)");
    }
    EXPECT_EQ(ErrorOf(review), "admission review: " + path + " occurs twice");
  }
  EXPECT_EQ(ErrorOf(WithUnread(R"({"a":1,"a":2})")), "ok");
}

// Nothing goes down there: the reader knows each level that it enters.
TEST(ReadRequest, PassesOverAnyDepthWhereNothingIsRead) {
  for (const size_t depth : {63UL, 64UL, 1000UL, 100000UL}) {
    EXPECT_EQ(ErrorOf(WithUnread(Nested(depth, "[", "]"))), "ok");
    EXPECT_EQ(ErrorOf(WithUnread(Nested(depth, "{\"a\":", "}"))), "ok");
    EXPECT_EQ(ErrorOf(WithUnread(std::string(depth, '['))), "admission review: not valid JSON");
    EXPECT_EQ(ErrorOf(WithUnread(std::string(depth, ']'))), "admission review: not valid JSON");
  }
}

TEST(ReadRequest, RefusesAnyDepthWhereTheRequestIsRead) {
  const std::string begin = R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":)";
  EXPECT_EQ(ErrorOf(begin + Nested(100000, "[", "]") + "}"), "admission review: request is not an object but a list");
  EXPECT_EQ(ErrorOf(begin + Nested(100000, "{\"resource\":", "}") + "}"),
            "admission review: request.resource.resource is not a string but an object");
}

TEST(ReadRequest, GrowsItsBuffersForALongerReview) {
  ReviewReader reader("p");
  const size_t before = reader.memory();
  std::string review = WithUnread(std::string(2 * before, ' ') + "1");
  EXPECT_TRUE(reader.ReadRequest(review).ok());
  EXPECT_GE(reader.memory(), 2 * before);
}

// What no JSON parser may accept, in a string or not, and of which this one sees nothing where it reads nothing.
const std::vector<std::string>& BrokenValues() {
  static const std::vector<std::string> values = {"tru",   "nul",     "[1,]",        "{\"a\":1,}", "{\"a\" 1}",
                                                  "[1 2]", "[}",      "01",          "--1",        "'a'",
                                                  "NaN",   "\"\\x\"", "\"\\ud800\"", "\"\\udc00\""};
  return values;
}

TEST(ReadRequest, PassesOverBrokenValuesWhereNothingIsRead) {
  for (const std::string& value : BrokenValues()) EXPECT_EQ(ErrorOf(WithUnread(value)), "ok") << value;
}

TEST(ReadRequest, RefusesBrokenValuesWhereTheyAreRead) {
  const std::string review = FullReview().dump();
  for (const char* text : {"\"admission.k8s.io/v1\"", "\"AdmissionReview\"", "\"u-1\"", "\"CREATE\"", "\"alice\"",
                           "{\"group\":\"g\",\"resource\":\"pods\",\"version\":\"v1\"}"}) {
    for (const std::string& value : BrokenValues()) {
      std::string broken = review;
      broken.replace(broken.find(text), std::string_view(text).size(), value);
      EXPECT_NE(ErrorOf(broken), "ok") << broken;
    }
  }
}

TEST(ReadRequest, RefusesWhatIsNotWhollyJson) {
  const std::string good = WithUnread("1");
  for (const std::string& bad :
       {WithUnread("\"a\nb\""), WithUnread("1 /* one */"), WithUnread("\"a\" \"b\""), WithUnread("]"), WithUnread(""),
        good + "x", good + "{}", good + good, good + "}", good + '\0', good.substr(0, good.size() - 1),
        std::string("{"), std::string("\"u"), std::string("\0", 1)}) {
    EXPECT_EQ(ErrorOf(bad), "admission review: not valid JSON") << bad;
  }
  EXPECT_EQ(ErrorOf(std::string(100000, '[')), "admission review: the review is not an object but a list");
  EXPECT_EQ(ErrorOf(std::string(100000, '{')), "admission review: not valid JSON");
  EXPECT_EQ(ErrorOf(""), "admission review: not JSON: empty");
  EXPECT_EQ(ErrorOf(" \r\n\t"), "admission review: not JSON: empty");
  EXPECT_EQ(ErrorOf("\xEF\xBB\xBF" + good), "admission review: not JSON: begins with a byte order mark");
}

TEST(ReadRequest, RefusesEveryTruncation) {
  const std::string review = FullReview().dump();
  for (size_t size = 1; size < review.size(); ++size) {
    EXPECT_EQ(ErrorOf(review.substr(0, size)), "admission review: not valid JSON");
  }
}

TEST(ReadRequest, RefusesInvalidUtf8Anywhere) {
  // A stray continuation, an overlong form, a surrogate, beyond U+10FFFF, a cut sequence.
  for (const char* bytes : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    EXPECT_EQ(ErrorOf(WithUnread(std::string("\"") + bytes + "\"")), "admission review: not JSON: not valid UTF-8");
  }
  EXPECT_EQ(ErrorOf(WithUnread("\"\xF0\x9F\x90\xB3\"")), "ok");
}

TEST(ReadRequest, TakesNumbersOfAnySize) {
  for (const std::string& number : {std::string("18446744073709551616"), std::string("-9223372036854775809"),
                                    std::string("1e999"), "0." + std::string(1000, '1'), std::string(1000, '9')}) {
    EXPECT_EQ(ErrorOf(WithUnread(number)), "ok") << number;
    EXPECT_EQ(ErrorOf(WithUnread(number + " 1")), "admission review: not valid JSON");
  }
}

TEST(ReadRequest, LeavesTheTextAsItIs) {
  ReviewReader reader("p");
  std::string review = WithUnread("[1e999, 18446744073709551616]");
  const std::string before = review;
  ASSERT_TRUE(reader.ReadRequest(review).ok());
  EXPECT_EQ(review, before);
}

// With room to spare behind the text it is parsed where it is, and the views point into it.
TEST(ReadRequest, ParsesInPlaceAndPointsIntoTheText) {
  ReviewReader reader("p");
  std::string review = FullReview().dump();
  review.reserve(review.size() + 64);
  const char* const place = review.data();
  const Result<AdmissionRequest> request = reader.ReadRequest(review);
  EXPECT_EQ(review.data(), place);
  EXPECT_EQ(request->uid.data(), place + review.find("u-1"));
}

TEST(ReadRequest, ReadsEscapes) {
  ReviewReader reader("p");
  std::string review =
      R"({"apiVersi\u006Fn":"admission.k8s.io\/v1","kind":"Admission\u0052eview","\u0072eque\u0073t":{)"
      R"("uid":"\"\\\b\f\n\r\t\u00e9\ud83d\ude00","operation":"CREATE"}})";
  const Result<AdmissionRequest> request = reader.ReadRequest(review);
  ASSERT_TRUE(request.ok()) << request.error().message;
  EXPECT_EQ(request->api_version, "admission.k8s.io/v1");
  EXPECT_EQ(request->uid, "\"\\\b\f\n\r\t\u00e9\U0001F600");
  EXPECT_EQ(request->operation, "CREATE");
}

// None of these is "uid".
TEST(ReadRequest, PassesOverKeysThatOnlyLookLikeAKnownOne) {
  for (const char* key : {R"(ui\u0044)", R"(ui\u0164)", R"(ui\u006)", R"(ui\u+64)", R"(uid\u0000)", R"(ui\d)",
                          R"(ui\\u0064)", R"(\uid)", R"(uid\")", R"(\"uid)", "ui", "uidd", "UID", ""}) {
    const std::string review = R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{")" +
                               std::string(key) + R"(":"u"}})";
    EXPECT_EQ(ErrorOf(review), "admission review: request.uid is missing") << key;
  }
}

TEST(ReadRequest, ReadsMembersInAnyOrderAndWithAnyWhiteSpace) {
  ReviewReader reader("p");
  std::string review =
      "\n{ \"request\" :\t{ \"object\"\r\n : { \"spec\" : { \"serviceAccountName\" : \"app\"  } , \"x\" : [ ] } ,"
      " \"userInfo\" : { \"username\" : \"alice\" } , \"uid\" : \"u-1\" } , \"kind\" : \"AdmissionReview\" ,"
      " \"apiVersion\" : \"admission.k8s.io/v1\" } \n";
  const Result<AdmissionRequest> request = reader.ReadRequest(review);
  ASSERT_TRUE(request.ok()) << request.error().message;
  EXPECT_EQ(request->uid, "u-1");
  EXPECT_EQ(request->user_name, "alice");
  EXPECT_EQ(reader.ReadPod().value()->service_account_name, "app");
}

}  // namespace
}  // namespace irsa::admission
