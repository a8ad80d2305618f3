#include "irsa/base/result.h"

#include <array>
#include <cerrno>
#include <system_error>

namespace irsa::base {

std::string_view ErrorCodeName(ErrorCode code) {
  constexpr std::array<std::string_view, 8> kNames = {"malformed", "invalid",   "not-found",   "conflict",
                                                      "denied",    "too-large", "unavailable", "internal"};
  return kNames[static_cast<size_t>(code)];
}

Error WithContext(Error error, std::string_view context) {
  error.message.insert(0, ": ").insert(0, context);
  return error;
}

Error FromErrno(int error, std::string_view action, const std::string& path) {
  const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::kNotFound
                         : error == EACCES || error == EPERM ? ErrorCode::kDenied
                                                             : ErrorCode::kUnavailable;
  return {code, "cannot " + std::string(action) + " " + path + ": " + std::generic_category().message(error)};
}

}  // namespace irsa::base
