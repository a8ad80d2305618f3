// Foreign strings in messages.
#pragma once

#include <string>
#include <string_view>

namespace irsa::oidc {

// In double quotes: printable ASCII as it is, quotes, backslashes and all else as \xHH, and no more than 128 bytes of
// it, then "…".
std::string Quoted(std::string_view text);

}  // namespace irsa::oidc
