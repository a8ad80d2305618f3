// Results on standard output, as every command writes them.
#pragma once

#include <string_view>

namespace irsa::cli {

// Writes all of it at once; false, after a message on standard error, when it cannot be written.
bool PrintResult(std::string_view text);

}  // namespace irsa::cli
