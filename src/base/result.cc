#include "irsa/base/result.h"

#include <cerrno>
#include <system_error>

namespace irsa::base {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed:
      return "malformed";
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kDenied:
      return "denied";
    case ErrorCode::kTooLarge:
      return "too-large";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kInternal:
      break;
  }
  return "internal";
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
