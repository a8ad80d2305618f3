// Characters in text whose encoding is not to be trusted.
#pragma once

#include <cstddef>
#include <string_view>

namespace irsa::base {

// The bytes of the character that `text` begins with: 1 to 4, or 0 when it is empty or does not begin with UTF-8 (RFC
// 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
size_t Utf8Length(std::string_view text);

}  // namespace irsa::base
