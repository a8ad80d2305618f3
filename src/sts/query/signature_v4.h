// AWS Signature Version 4, as the side that checks it: in the Authorization header, or in the query of a presigned URL.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/http/message/message.h"
#include "irsa/sts/query/sts_error.h"

namespace irsa::sts {

inline constexpr std::string_view kSignatureAlgorithm = "AWS4-HMAC-SHA256";

// How long before or after its X-Amz-Date a request is taken. STS allows presigned URLs as much, whatever their
// X-Amz-Expires says, and so those without one.
inline constexpr std::chrono::seconds kMaxClockSkew{900};

// What a request says of its own signature.
struct Authorization {
  std::string access_key_id;
  std::string date;  // of the credential scope: "20150830"
  std::string region;
  std::string service;
  std::vector<std::string> signed_headers;  // in lower case, sorted, "host" among them
  std::string signature;                    // 64 hexadecimal digits
  std::string timestamp;                    // "20150830T123600Z"
  base::SystemTime time;                    // the same
  std::string session_token;                // empty when there is none

  bool operator==(const Authorization&) const = default;
};

// MissingAuthenticationToken when the request is not signed at all; IncompleteSignature, naming the part, when it is
// signed in another way or a part is missing, malformed, there twice, or a signed header is not in the request.
// `request` has its headers.
std::variant<Authorization, StsError> ReadAuthorization(const http::Request& request);

// The query parameter that holds a presigned URL's signature, and so is not signed itself.
inline constexpr std::string_view kSignatureField = "X-Amz-Signature";

// The values of a header, in the order sent; `name` is in lower case.
std::vector<std::string_view> HeaderValues(const http::Request& request, std::string_view name);

// "20150830T123600Z", years 1970 to 2261.
std::optional<base::SystemTime> ParseTimestamp(std::string_view text);
std::string FormatTimestamp(base::SystemTime time);

// The request in the one form in which it is signed, and what of it is signed; for CheckSignature and its tests.
std::string CanonicalRequest(const http::Request& request, const Authorization& authorization);
std::string StringToSign(const Authorization& authorization, std::string_view canonical_request);
std::string Sign(const Authorization& authorization, std::string_view secret_access_key,
                 std::string_view string_to_sign);

// Null when the request was signed for `service` with that secret, in a scope of its own day, and within kMaxClockSkew
// of `now`; SignatureDoesNotMatch, saying why, when not.
std::optional<StsError> CheckSignature(const http::Request& request, const Authorization& authorization,
                                       std::string_view secret_access_key, std::string_view service,
                                       base::SystemTime now);

}  // namespace irsa::sts
