#include "irsa/sts/sts_error.h"

#include <utility>

namespace irsa::sts {

StsError MakeStsError(std::string_view code, std::string message) { return {std::string(code), std::move(message)}; }

int HttpStatus(std::string_view code) {
  if (code == kInternalFailure) return 500;
  if (code == kMalformedQueryString) return 404;
  // By CommonErrors; what only a signed request meets, and what the role's owner decided.
  for (const std::string_view denied :
       {kAccessDenied, kExpiredToken, kInvalidClientTokenId, kMissingAuthenticationToken, kSignatureDoesNotMatch}) {
    if (code == denied) return 403;
  }
  return 400;
}

std::string_view ErrorType(std::string_view code) { return code == kInternalFailure ? "Receiver" : "Sender"; }

}  // namespace irsa::sts
