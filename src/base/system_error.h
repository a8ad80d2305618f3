// Errors of system calls on files, for the sources of this module.
#pragma once

#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::base {

// `error` is an errno; `action` what could not be done ("read"). kNotFound, kDenied or kUnavailable.
Error FromErrno(int error, std::string_view action, const std::string& path);

}  // namespace irsa::base
