#include "system_error.h"

#include <cerrno>
#include <system_error>

namespace irsa::base {

Error FromErrno(int error, std::string_view action, const std::string& path) {
  const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::kNotFound
                         : error == EACCES || error == EPERM ? ErrorCode::kDenied
                                                             : ErrorCode::kUnavailable;
  return {code, "cannot " + std::string(action) + " " + path + ": " + std::generic_category().message(error)};
}

}  // namespace irsa::base
