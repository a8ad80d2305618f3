// What commands read: files, pipes such as a shell's <(…), or standard input where "-" is given for one.
#pragma once

#include <cstddef>
#include <string>

#include "irsa/base/result.h"

namespace irsa::cli {

// The whole of it; errors as base::FileReader's, which name the path or standard input. On a terminal it says on stderr
// that it waits for what is typed.
base::Result<std::string> ReadInput(const std::string& path, size_t max_bytes);

// What messages call it: the path, or "standard input".
std::string InputName(const std::string& path);

}  // namespace irsa::cli
