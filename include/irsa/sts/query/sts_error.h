// The errors STS and IAM answer with: codes, messages and HTTP statuses.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
#pragma once

#include <string>
#include <string_view>

namespace irsa::sts {

struct StsError {
  std::string code;     // "InvalidIdentityToken", as it stands in the answer's <Code>
  std::string message;  // as STS words it, where that is known; says nothing of why a trust policy refused

  bool operator==(const StsError&) const = default;
};

inline constexpr std::string_view kAccessDenied = "AccessDenied";
inline constexpr std::string_view kExpiredToken = "ExpiredToken";                    // of a signed request
inline constexpr std::string_view kExpiredTokenException = "ExpiredTokenException";  // of a web identity token
inline constexpr std::string_view kIdpCommunicationError = "IDPCommunicationError";
inline constexpr std::string_view kIncompleteSignature = "IncompleteSignature";
inline constexpr std::string_view kInternalFailure = "InternalFailure";
inline constexpr std::string_view kInvalidAction = "InvalidAction";
inline constexpr std::string_view kInvalidClientTokenId = "InvalidClientTokenId";
inline constexpr std::string_view kInvalidIdentityToken = "InvalidIdentityToken";
inline constexpr std::string_view kInvalidParameterCombination = "InvalidParameterCombination";
inline constexpr std::string_view kInvalidParameterValue = "InvalidParameterValue";
inline constexpr std::string_view kMalformedHttpRequest = "MalformedHttpRequestException";
inline constexpr std::string_view kMalformedPolicyDocument = "MalformedPolicyDocument";
inline constexpr std::string_view kMalformedQueryString = "MalformedQueryString";
inline constexpr std::string_view kMissingAction = "MissingAction";
inline constexpr std::string_view kMissingAuthenticationToken = "MissingAuthenticationToken";
inline constexpr std::string_view kPackedPolicyTooLarge = "PackedPolicyTooLarge";
inline constexpr std::string_view kRequestEntityTooLarge = "RequestEntityTooLargeException";
inline constexpr std::string_view kRequestTimeout = "RequestTimeoutException";
inline constexpr std::string_view kServiceUnavailable = "ServiceUnavailable";
inline constexpr std::string_view kSignatureDoesNotMatch = "SignatureDoesNotMatch";
inline constexpr std::string_view kUnknownOperation = "UnknownOperationException";
inline constexpr std::string_view kValidationError = "ValidationError";

// IAM's. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html#API_CreateRole_Errors
inline constexpr std::string_view kDeleteConflict = "DeleteConflict";
inline constexpr std::string_view kEntityAlreadyExists = "EntityAlreadyExists";
inline constexpr std::string_view kInvalidInput = "InvalidInput";
inline constexpr std::string_view kLimitExceeded = "LimitExceeded";
inline constexpr std::string_view kNoSuchEntity = "NoSuchEntity";
inline constexpr std::string_view kServiceFailure = "ServiceFailure";

StsError MakeStsError(std::string_view code, std::string message);

// The HTTP status of an answer with that error; 400 for a code that is none of the above.
int HttpStatus(std::string_view code);

// The code for a request that HTTP itself refuses with that status.
std::string_view CodeOfHttpStatus(int status);

// "Receiver" where the fault is the service's, else "Sender".
std::string_view ErrorType(std::string_view code);

}  // namespace irsa::sts
