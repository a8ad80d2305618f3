// What commands read (files, pipes such as a shell's <(…), or standard input where "-" is given for one) and write.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::cli {

// The whole of it; errors as base::FileReader's, which name the path or standard input. On a terminal it says on stderr
// that it waits for what is typed.
base::Result<std::string> ReadInput(const std::string& path, size_t max_bytes);

// What messages call it: the path, or "standard input".
std::string InputName(const std::string& path);

// Writes all of it at once; false, after a message on standard error, when it cannot be written.
bool PrintResult(std::string_view text);

}  // namespace irsa::cli
