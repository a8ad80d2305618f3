// IAM's calls, signed by an administrator and answered by an IamApi.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "irsa/sts/iam_api/iam_api.h"

#include "src/sts/query/signature_v4.h"
#include "test/sts/service_fixture.h"

namespace irsa::sts {

struct Api {
  static constexpr const char* kAccessKey = "AKIAIOSFODNN7EXAMPLE";
  static constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  static constexpr const char* kUrl = "https://oidc.example.test/id/NEW";
  static constexpr const char* kProviderArn = "arn:aws:iam::111122223333:oidc-provider/oidc.example.test/id/NEW";
  static constexpr const char* kPolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

  testing::FakeFileReader files;
  testing::FakeClock clock{base::SystemTime(std::chrono::seconds(kNow))};
  testing::FakeLog log;
  StsConfig effective;
  int changes = 0;
  IamApi api{clock, log, [this](StsConfig all) {
               effective = std::move(all);
               ++changes;
             }};
  StsConfig config;

  Api() {
    config.iam.administrators = {{"111122223333", kAccessKey, kSecret},
                                 {"444455556666", "AKIAOTHEROTHEROTHER0", "other"}};
    config.iam.keys = {{kUrl, "keys.json"}};
    EXPECT_TRUE(api.SetConfig(config, files).ok());
  }

  http::Request Signed(Parameters parameters, const std::string& key = kAccessKey, const std::string& secret = kSecret,
                       const std::string& service = "iam") const {
    parameters.emplace_back("Version", "2010-05-08");
    http::Request request{"POST", "/", {}, {{"Host", "iam.test"}}, Form(parameters), {}};
    const std::string timestamp = FormatTimestamp(clock.Now());
    request.headers.emplace_back("X-Amz-Date", timestamp);
    const Authorization authorization{
        key, timestamp.substr(0, 8), "us-east-1", service, {"host", "x-amz-date"}, {}, timestamp, {}, {}};
    const std::string signature =
        Sign(authorization, secret, StringToSign(authorization, CanonicalRequest(request, authorization)));
    request.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + key + "/" + authorization.date +
                                                      "/us-east-1/" + service +
                                                      "/aws4_request, SignedHeaders=host;x-amz-date, "
                                                      "Signature=" +
                                                      signature);
    return request;
  }

  http::Response Call(const std::string& action, Parameters parameters = {}) {
    parameters.emplace_back("Action", action);
    return api.Handle(Signed(std::move(parameters)));
  }

  // The error's code, or "" for an answer of 200.
  std::string Code(const std::string& action, Parameters parameters = {}) {
    const http::Response answer = Call(action, std::move(parameters));
    EXPECT_EQ(answer.content_type, "text/xml");
    return answer.status == 200 ? "" : Element(answer.body, "Code");
  }

  void CreateProvider() {
    ASSERT_EQ(Code("CreateOpenIDConnectProvider", {{"Url", kUrl}, {"ClientIDList.member.1", "sts.amazonaws.com"}}), "");
  }
  void CreateRole() {
    ASSERT_EQ(Code("CreateRole", {{"RoleName", "cart"}, {"AssumeRolePolicyDocument", TrustPolicyText()}}), "");
  }
};

}  // namespace irsa::sts
