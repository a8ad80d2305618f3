// Writing a whole file so that nobody ever reads a part of it.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "irsa/base/result.h"

namespace irsa::base {

// Replaces the file at `path`, or makes it: written and synced under a temporary name beside it, then renamed. At no
// time can anyone open it whom `mode` (0600, say; the umask plays no part) does not allow. A symbolic link is replaced,
// not followed. Errors name the path, leave what was there in place and no temporary file behind: kNotFound when the
// directory does not exist, kDenied without permission, kUnavailable for any other failure (a full disk).
Status WriteFileAtomically(const std::string& path, std::string_view bytes, mode_t mode);

}  // namespace irsa::base
