// The texts a signed request carries: header values, timestamps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/http/message/message.h"

namespace irsa::sts {

// The query parameter that holds a presigned URL's signature, and so is not signed itself.
inline constexpr std::string_view kSignatureField = "X-Amz-Signature";

// The values of a header, in the order sent; `name` is in lower case.
std::vector<std::string_view> HeaderValues(const http::Request& request, std::string_view name);

// "20150830T123600Z", years 1970 to 2261.
std::optional<base::SystemTime> ParseTimestamp(std::string_view text);
std::string FormatTimestamp(base::SystemTime time);

}  // namespace irsa::sts
