// An STS of one test: kIssuer registered in kAccount, and kRole with the policy that allows kSubject.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "irsa/base/url.h"
#include "irsa/sts/sts_service.h"

#include "src/sts/query/signature_v4.h"
#include "test/sts/fake_client.h"
#include "test/sts/test_issuer.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_file_reader.h"
#include "test/testing/fake_log.h"

namespace irsa::sts {

// The text between <name> and </name>; empty when there is none.
inline std::string Element(const std::string& xml, const std::string& name) {
  const size_t begin = xml.find("<" + name + ">");
  const size_t end = xml.find("</" + name + ">");
  if (begin == std::string::npos || end == std::string::npos) return "";
  return xml.substr(begin + name.size() + 2, end - begin - name.size() - 2);
}

inline std::string Form(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    text.append(text.empty() ? "" : "&").append(base::EncodeComponent(name)).append("=");
    text.append(base::EncodeComponent(value));
  }
  return text;
}

struct ServiceFixture {
  TestIssuer issuer;
  testing::FakeFileReader files;
  testing::FakeClock clock{base::SystemTime(std::chrono::seconds(kNow) - std::chrono::hours(1))};  // it shows kNow
  testing::FakeLog log;
  FakeClient client;
  StsConfig config{{{{kAccount, kIssuer, {kAudience}}, "keys.json"}},
                   {{kRole, iam::ParseTrustPolicy(TrustPolicyText()).value(), std::chrono::hours(2)}},
                   {}};
  std::shared_ptr<const IamRegistry> registry;
  std::unique_ptr<StsService> service;

  explicit ServiceFixture(bool is_tls = false) {
    files.files["keys.json"] = issuer.jwks();
    service = std::make_unique<StsService>(SessionSealer::Make().value(), Registry(), clock, log, is_tls);
  }

  // For the configuration as it is now, in place of the last one.
  std::shared_ptr<const IamRegistry> Registry() {
    return registry = std::make_shared<const IamRegistry>(config, KeyAccess{files, client, clock}, log, registry.get());
  }

  http::Response Post(const std::string& body) {
    http::Request request{"POST", "/", {}, {{"Host", "sts.test"}}, body, {}};
    return service->Handle(request);
  }

  Parameters AssumeParameters(const std::string& token) const {
    return {{"Action", "AssumeRoleWithWebIdentity"},
            {"Version", "2011-06-15"},
            {"RoleArn", kRole},
            {"RoleSessionName", "cart"},
            {"WebIdentityToken", token}};
  }
  http::Response Assume(const std::string& token) { return Post(Form(AssumeParameters(token))); }
  http::Response Assume(const TestClaims& claims = {}) { return Assume(issuer.Token(claims)); }

  // A request with these parameters, signed with the credentials of an answer; without a session token those of a user.
  http::Request Signed(const std::string& credentials, const Parameters& parameters) const {
    const std::string token = Element(credentials, "SessionToken");
    const std::string timestamp = Timestamp();
    http::Request request{"POST", "/", {}, {{"Host", "sts.test"}, {"X-Amz-Date", timestamp}}, Form(parameters), {}};
    std::vector<std::string> signed_headers = {"host", "x-amz-date"};
    if (!token.empty()) {
      request.headers.emplace_back("X-Amz-Security-Token", token);
      signed_headers.emplace_back("x-amz-security-token");
    }
    const Authorization authorization{Element(credentials, "AccessKeyId"),
                                      timestamp.substr(0, 8),
                                      "eu-central-1",
                                      "sts",
                                      signed_headers,
                                      {},
                                      timestamp,
                                      {},
                                      {}};
    const std::string signature = Sign(authorization, Element(credentials, "SecretAccessKey"),
                                       StringToSign(authorization, CanonicalRequest(request, authorization)));
    request.headers.emplace_back(
        "Authorization", "AWS4-HMAC-SHA256 Credential=" + authorization.access_key_id + "/" + authorization.date +
                             "/eu-central-1/sts/aws4_request, "
                             "SignedHeaders=host;x-amz-date" +
                             (token.empty() ? "" : ";x-amz-security-token") + ", Signature=" + signature);
    return request;
  }

  // A GetCallerIdentity signed with the credentials of an answer.
  http::Request SignedRequest(const std::string& credentials) const {
    return Signed(credentials, {{"Action", "GetCallerIdentity"}, {"Version", "2011-06-15"}});
  }

  // The same, presigned without X-Amz-Expires, as aws-sdk-go-v2 makes it; for a cluster, as aws-iam-authenticator does.
  http::Request PresignedRequest(const std::string& credentials, const std::string& method = "GET") const {
    http::Request request{method, "/", {}, {{"Host", "sts.test"}, {"x-k8s-aws-id", "cluster-1"}}, "", {}};
    const std::string timestamp = Timestamp();
    Authorization authorization{Element(credentials, "AccessKeyId"),
                                timestamp.substr(0, 8),
                                "eu-central-1",
                                "sts",
                                {"host", "x-k8s-aws-id"},
                                {},
                                timestamp,
                                {},
                                {}};
    request.query = {
        {"Action", "GetCallerIdentity"},
        {"Version", "2011-06-15"},
        {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
        {"X-Amz-Credential", authorization.access_key_id + "/" + authorization.date + "/eu-central-1/sts/aws4_request"},
        {"X-Amz-Date", timestamp},
        {"X-Amz-Security-Token", Element(credentials, "SessionToken")},
        {"X-Amz-SignedHeaders", "host;x-k8s-aws-id"}};
    const std::string signature = Sign(authorization, Element(credentials, "SecretAccessKey"),
                                       StringToSign(authorization, CanonicalRequest(request, authorization)));
    request.query.emplace_back("X-Amz-Signature", signature);
    return request;
  }

  // Now, as X-Amz-Date has it.
  std::string Timestamp() const;
};

}  // namespace irsa::sts
