#include "src/serve/certificates/certificate_secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"

#include "test/kube/fake_object_store.h"

namespace irsa::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kPath = "/api/v1/namespaces/irsa/secrets/irsa-tls";
const CertificateSet kSet{{"CA", "CA KEY"}, "OLD", {"CERT", "KEY"}};

class CertificateSecretTest : public ::testing::Test {
 protected:
  Error ReadError() {
    const auto stored = secret_.Read({});
    return stored.ok() ? Error{} : stored.error();
  }

  // The stored Secret, changed.
  void Change(const std::function<void(kube::Json& secret)>& change) {
    kube::Json secret = api_.Get(kPath);
    change(secret);
    api_.Put(kPath, std::move(secret));
  }

  kube::FakeObjectStore api_;
  CertificateSecret secret_{api_, "irsa", "irsa-tls"};
};

TEST_F(CertificateSecretTest, IsNothingBeforeItIsMade) { EXPECT_EQ(secret_.Read({})->has_value(), false); }

TEST_F(CertificateSecretTest, ReadsWhatItMade) {
  ASSERT_TRUE(secret_.Write(nullptr, kSet, {}).ok());
  const kube::Json made = api_.Get(kPath);
  EXPECT_EQ(made["type"], "kubernetes.io/tls");
  EXPECT_EQ(made["apiVersion"], "v1");
  EXPECT_EQ(made["kind"], "Secret");
  EXPECT_EQ(made["data"]["tls.crt"], base::EncodeBase64("CERT"));
  EXPECT_EQ(made["data"]["ca.key"], base::EncodeBase64("CA KEY"));
  EXPECT_EQ(secret_.Read({})->value().set, kSet);
}

TEST_F(CertificateSecretTest, DoesNotMakeItTwice) {
  ASSERT_TRUE(secret_.Write(nullptr, kSet, {}).ok());
  EXPECT_EQ(secret_.Write(nullptr, {}, {}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(secret_.Read({})->value().set, kSet);
}

TEST_F(CertificateSecretTest, ReplacesTheVersionItReadAndNoOther) {
  ASSERT_TRUE(secret_.Write(nullptr, kSet, {}).ok());
  Change([](kube::Json& secret) {
    secret["metadata"]["labels"]["team"] = "platform";
    secret["data"]["more"] = "bW9yZQ==";
  });
  const StoredCertificates stored = *secret_.Read({}).value();
  CertificateSet next = kSet;
  next.old_authorities = "";
  ASSERT_TRUE(secret_.Write(&stored, next, {}).ok());
  EXPECT_EQ(secret_.Read({})->value().set, next);
  EXPECT_EQ(api_.Get(kPath)["metadata"]["labels"]["team"], "platform");
  EXPECT_EQ(api_.Get(kPath)["data"]["more"], "bW9yZQ==");

  EXPECT_EQ(secret_.Write(&stored, kSet, {}).error(),
            (Error{ErrorCode::kConflict,
                   "patch secret irsa/irsa-tls: the apiserver answered 409: the object has been modified"}));
  EXPECT_EQ(secret_.Read({})->value().set, next);
  api_.Delete(kPath);
  EXPECT_EQ(secret_.Write(&stored, kSet, {}).error().code, ErrorCode::kNotFound);
}

TEST_F(CertificateSecretTest, BoundsItsRequests) {
  std::stop_source stop;
  kube::ApiRequest bounds;
  bounds.deadline = base::SteadyTime(std::chrono::seconds(9));
  bounds.max_answer_bytes = 4096;
  bounds.stop = stop.get_token();
  const auto expect_bounds = [&] {
    EXPECT_EQ(api_.last().deadline, bounds.deadline);
    EXPECT_EQ(api_.last().max_answer_bytes, bounds.max_answer_bytes);
    EXPECT_EQ(api_.last().stop, bounds.stop);
  };
  ASSERT_TRUE(secret_.Write(nullptr, kSet, bounds).ok());
  expect_bounds();
  const auto stored = secret_.Read(bounds);
  ASSERT_TRUE(stored.ok());
  expect_bounds();
  ASSERT_TRUE(secret_.Write(&**stored, {}, bounds).ok());
  expect_bounds();
}

TEST_F(CertificateSecretTest, TakesAnEmptyOneThatWasMadeForIt) {
  api_.Put(kPath, {{"metadata", {{"name", "irsa-tls"}}}, {"type", "kubernetes.io/tls"}});
  EXPECT_EQ(secret_.Read({})->value().set, CertificateSet{});
  Change([](kube::Json& secret) { secret["data"] = {{"tls.crt", ""}, {"tls.key", ""}}; });
  const StoredCertificates stored = *secret_.Read({}).value();
  EXPECT_EQ(stored.set, CertificateSet{});
  ASSERT_TRUE(secret_.Write(&stored, kSet, {}).ok());
  EXPECT_EQ(secret_.Read({})->value().set, kSet);
}

TEST_F(CertificateSecretTest, LeavesSomebodyElsesAlone) {
  ASSERT_TRUE(secret_.Write(nullptr, kSet, {}).ok());
  Change([](kube::Json& secret) { secret["metadata"].erase("annotations"); });
  EXPECT_EQ(ReadError().code, ErrorCode::kInvalid);
  EXPECT_THAT(ReadError().message, StartsWith("secret irsa/irsa-tls: it is not empty and has no annotation "
                                              "irsa.dev/certificate=self-managed, so it is not irsa's: delete it"));
  Change([](kube::Json& secret) { secret["metadata"]["annotations"] = {{"irsa.dev/certificate", "manual"}}; });
  EXPECT_EQ(ReadError().code, ErrorCode::kInvalid);
  Change([](kube::Json& secret) { secret["type"] = "Opaque"; });
  EXPECT_EQ(ReadError(), (Error{ErrorCode::kInvalid,
                                "secret irsa/irsa-tls: it is of type Opaque, not kubernetes.io/tls: delete it, or "
                                "choose another Secret with --tls-secret"}));
}

TEST_F(CertificateSecretTest, WaitsForTheEndOfOneThatIsBeingDeleted) {
  ASSERT_TRUE(secret_.Write(nullptr, kSet, {}).ok());
  Change([](kube::Json& secret) { secret["metadata"]["deletionTimestamp"] = "2026-08-01T12:00:00Z"; });
  EXPECT_EQ(ReadError(), (Error{ErrorCode::kUnavailable, "secret irsa/irsa-tls: it is being deleted"}));
}

TEST_F(CertificateSecretTest, RefusesWhatIsNoSecret) {
  std::string body;
  api_.before = [&body](const kube::ApiRequest&) {
    return Result<kube::ApiAnswer>(kube::ApiAnswer{.status = 200, .body = body, .retry_after = {}});
  };
  for (const char* text : {"", "[]", "{}", R"({"metadata":{}})", R"({"metadata":{"resourceVersion":7}})",
                           R"({"metadata":{"resourceVersion":"7","annotations":{"irsa.dev/certificate":"self-managed"}},
                               "data":{"tls.crt":"?"}})",
                           R"({"metadata":{"resourceVersion":"7","annotations":{"irsa.dev/certificate":"self-managed"}},
                               "data":{"tls.crt":7}})"}) {
    body = text;
    EXPECT_EQ(ReadError().code, ErrorCode::kMalformed) << text;
    EXPECT_THAT(ReadError().message,
                StartsWith(*text == '\0' ? "get secret irsa/irsa-tls: " : "secret irsa/irsa-tls: "));
  }
}

TEST_F(CertificateSecretTest, HandsOnRefusalsAndQuotesNoKey) {
  api_.before = [](const kube::ApiRequest&) { return Result<kube::ApiAnswer>(kube::Refusal(403, "no such right")); };
  EXPECT_EQ(ReadError(),
            (Error{ErrorCode::kDenied, "get secret irsa/irsa-tls: the apiserver answered 403: no such right"}));
  EXPECT_EQ(secret_.Write(nullptr, kSet, {}).error().message,
            "create secret irsa/irsa-tls: the apiserver answered 403: no such right");
  const StoredCertificates stored{kSet, "1"};
  EXPECT_THAT(secret_.Write(&stored, kSet, {}).error().message, Not(HasSubstr("KEY")));
}

}  // namespace
}  // namespace irsa::serve
