#include "irsa/sts/query/sts_error.h"

#include <gtest/gtest.h>

namespace irsa::sts {
namespace {

TEST(StsError, HasTheStatusOfAwssReference) {
  const std::pair<std::string_view, int> statuses[] = {
      {kAccessDenied, 403},
      {kExpiredToken, 403},
      {kExpiredTokenException, 400},
      {kIdpCommunicationError, 400},
      {kIncompleteSignature, 400},
      {kInternalFailure, 500},
      {kInvalidAction, 400},
      {kInvalidClientTokenId, 403},
      {kInvalidIdentityToken, 400},
      {kInvalidParameterCombination, 400},
      {kInvalidParameterValue, 400},
      {kMalformedHttpRequest, 400},
      {kMalformedPolicyDocument, 400},
      {kMalformedQueryString, 404},
      {kMissingAction, 400},
      {kMissingAuthenticationToken, 403},
      {kPackedPolicyTooLarge, 400},
      {kRequestEntityTooLarge, 413},
      {kRequestTimeout, 408},
      {kServiceUnavailable, 503},
      {kSignatureDoesNotMatch, 403},
      {kUnknownOperation, 404},
      {kValidationError, 400},
      {"SomethingElse", 400},
  };
  for (const auto& [code, status] : statuses) EXPECT_EQ(HttpStatus(code), status) << code;
}

TEST(StsError, HasACodeForWhatHttpRefuses) {
  const std::pair<int, std::string_view> codes[] = {
      {400, kMalformedHttpRequest}, {404, kUnknownOperation},     {405, kUnknownOperation},
      {408, kRequestTimeout},       {411, kMalformedHttpRequest}, {413, kRequestEntityTooLarge},
      {414, kMalformedHttpRequest}, {415, kMalformedHttpRequest}, {417, kMalformedHttpRequest},
      {431, kMalformedHttpRequest}, {500, kInternalFailure},      {503, kServiceUnavailable},
      {505, kMalformedHttpRequest},
  };
  for (const auto& [status, code] : codes) EXPECT_EQ(CodeOfHttpStatus(status), code) << status;
}

TEST(StsError, IsTheSendersUnlessTheServiceFailed) {
  EXPECT_EQ(ErrorType(kInternalFailure), "Receiver");
  EXPECT_EQ(ErrorType(kServiceUnavailable), "Receiver");
  EXPECT_EQ(ErrorType(kAccessDenied), "Sender");
  EXPECT_EQ(MakeStsError(kAccessDenied, "no"), (StsError{"AccessDenied", "no"}));
}

}  // namespace
}  // namespace irsa::sts
