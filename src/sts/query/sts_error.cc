#include "irsa/sts/query/sts_error.h"

#include <utility>

namespace irsa::sts {

StsError MakeStsError(std::string_view code, std::string message) { return {std::string(code), std::move(message)}; }

int HttpStatus(std::string_view code) {
  if (code == kInternalFailure || code == kServiceFailure) return 500;
  if (code == kServiceUnavailable) return 503;
  if (code == kMalformedQueryString || code == kUnknownOperation || code == kNoSuchEntity) return 404;
  if (code == kRequestTimeout) return 408;
  if (code == kDeleteConflict || code == kEntityAlreadyExists || code == kLimitExceeded) return 409;
  if (code == kRequestEntityTooLarge) return 413;
  // By CommonErrors; what only a signed request meets, and what the role's owner decided.
  for (const std::string_view denied :
       {kAccessDenied, kExpiredToken, kInvalidClientTokenId, kMissingAuthenticationToken, kSignatureDoesNotMatch}) {
    if (code == denied) return 403;
  }
  return 400;
}

std::string_view CodeOfHttpStatus(int status) {
  switch (status) {
    case 404:
    case 405:
      return kUnknownOperation;
    case 408:
      return kRequestTimeout;
    case 413:
      return kRequestEntityTooLarge;
    case 500:
      return kInternalFailure;
    case 503:
      return kServiceUnavailable;
    default:
      return kMalformedHttpRequest;
  }
}

std::string_view ErrorType(std::string_view code) { return HttpStatus(code) >= 500 ? "Receiver" : "Sender"; }

}  // namespace irsa::sts
