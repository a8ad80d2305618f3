#include "irsa/kube/api/api_server.h"

#include <gtest/gtest.h>

namespace irsa::kube {
namespace {

ApiAnswer Answer(int status, std::string body) {
  return {.status = status, .body = std::move(body), .retry_after = {}};
}

Error ErrorFor(int status, std::string body = "") { return BodyOf(Answer(status, std::move(body)), "get x").error(); }

TEST(Verb, HasANameAMethodAndAMediaType) {
  const auto text = [](Verb verb) {
    const VerbText& each = TextOf(verb);
    return std::string(each.name).append(" ").append(each.method).append(" ").append(each.body_type);
  };
  EXPECT_EQ(text(Verb::kGet), "get GET application/json");
  EXPECT_EQ(text(Verb::kList), "list GET application/json");
  EXPECT_EQ(text(Verb::kWatch), "watch GET application/json");
  EXPECT_EQ(text(Verb::kCreate), "create POST application/json");
  EXPECT_EQ(text(Verb::kUpdate), "update PUT application/json");
  EXPECT_EQ(text(Verb::kPatch), "patch PATCH application/merge-patch+json");
  EXPECT_EQ(text(Verb::kApply), "apply PATCH application/apply-patch+yaml");
}

TEST(BodyOf, IsTheBodyOfASuccess) {
  EXPECT_EQ(BodyOf(Answer(200, "{}"), "get x").value(), "{}");
  EXPECT_EQ(BodyOf(Answer(201, "made"), "create x").value(), "made");
  EXPECT_EQ(BodyOf(Answer(299, ""), "get x").value(), "");
}

TEST(BodyOf, NamesStatusAndMessageOfARefusal) {
  EXPECT_EQ(
      BodyOf(Answer(404, R"({"kind":"Status","status":"Failure","message":"secrets \"tls\" not found","code":404})"),
             "get secret irsa/tls")
          .error(),
      (Error{ErrorCode::kNotFound, "get secret irsa/tls: the apiserver answered 404: secrets \"tls\" not found"}));
}

TEST(BodyOf, HasACodeForEachStatus) {
  for (const auto& [status, code] : std::initializer_list<std::pair<int, ErrorCode>>{{400, ErrorCode::kInvalid},
                                                                                     {401, ErrorCode::kDenied},
                                                                                     {403, ErrorCode::kDenied},
                                                                                     {404, ErrorCode::kNotFound},
                                                                                     {409, ErrorCode::kConflict},
                                                                                     {413, ErrorCode::kTooLarge},
                                                                                     {422, ErrorCode::kInvalid},
                                                                                     {408, ErrorCode::kUnavailable},
                                                                                     {410, ErrorCode::kUnavailable},
                                                                                     {429, ErrorCode::kUnavailable},
                                                                                     {500, ErrorCode::kUnavailable},
                                                                                     {503, ErrorCode::kUnavailable},
                                                                                     {302, ErrorCode::kUnavailable},
                                                                                     {405, ErrorCode::kUnavailable},
                                                                                     {0, ErrorCode::kUnavailable}}) {
    EXPECT_EQ(ErrorFor(status), (Error{code, "get x: the apiserver answered " + std::to_string(status)})) << status;
  }
}

TEST(BodyOf, QuotesNothingThatIsNoStatusObject) {
  const std::string bare = "get x: the apiserver answered 503";
  for (const char* body :
       {"", "<html>Bad gateway</html>", "[]", "null", R"({"message":"no kind"})", R"({"kind":"Pod","message":"x"})",
        R"({"kind":"Status"})", R"({"kind":"Status","message":7})", R"({"kind":"Status","message":""})"}) {
    EXPECT_EQ(ErrorFor(503, body).message, bare) << body;
  }
}

TEST(BodyOf, ShortensLongMessagesAtAWholeCharacter) {
  const std::string prefix = "get x: the apiserver answered 403: ";
  const auto message_for = [](const std::string& text) {
    return ErrorFor(403, R"({"kind":"Status","message":")" + text + "\"}").message;
  };
  EXPECT_EQ(message_for(std::string(1024, 'x')), prefix + std::string(1024, 'x'));
  EXPECT_EQ(message_for(std::string(1025, 'x')), prefix + std::string(1021, 'x') + "…");
  EXPECT_EQ(message_for(std::string(1020, 'x') + "ééé"), prefix + std::string(1020, 'x') + "…");
}

TEST(BodyOf, KeepsTheCodeOfWhatIsNoAnswer) {
  EXPECT_EQ(BodyOf(Error{ErrorCode::kUnavailable, "https://10.0.0.1: timed out"}, "list pods").error(),
            (Error{ErrorCode::kUnavailable, "list pods: https://10.0.0.1: timed out"}));
  EXPECT_EQ(BodyOf(Error{ErrorCode::kTooLarge, "https://10.0.0.1: too large"}, "list pods").error().code,
            ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace irsa::kube
