#include "irsa/sts/sts_error.h"

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
      {kMalformedPolicyDocument, 400},
      {kMalformedQueryString, 404},
      {kMissingAction, 400},
      {kMissingAuthenticationToken, 403},
      {kMissingParameter, 400},
      {kPackedPolicyTooLarge, 400},
      {kSignatureDoesNotMatch, 403},
      {kValidationError, 400},
      {"SomethingElse", 400},
  };
  for (const auto& [code, status] : statuses) EXPECT_EQ(HttpStatus(code), status) << code;
}

TEST(StsError, IsTheSendersUnlessTheServiceFailed) {
  EXPECT_EQ(ErrorType(kInternalFailure), "Receiver");
  EXPECT_EQ(ErrorType(kAccessDenied), "Sender");
  EXPECT_EQ(MakeStsError(kAccessDenied, "no"), (StsError{"AccessDenied", "no"}));
}

}  // namespace
}  // namespace irsa::sts
