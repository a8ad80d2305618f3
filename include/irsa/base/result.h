// Result<T> and Status: how a function says that something outside the program went wrong.
//
// An error is one of few codes plus one lower-case sentence naming the object and the offending value. The code alone
// decides what an answer looks like (HTTP status, metric label); callers add context with WithContext, so a message
// reads from the outside in: "service account file accounts.yaml: line 3: …". No message carries a token, a key or a
// pod.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace irsa::base {

enum class ErrorCode {
  kMalformed,    // bytes that are not what they claim to be: broken JSON, PEM, YAML
  kInvalid,      // well-formed, but a value or shape that the rules forbid
  kNotFound,     // the named object does not exist
  kConflict,     // it changed under us, or exists already
  kDenied,       // the other side understood and refused
  kTooLarge,     // over a limit
  kUnavailable,  // cannot be known or done now; trying again may help
  kInternal,     // a bug or an exhausted resource on our side
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  bool operator==(const Error&) const = default;
};

// The same error, its message prefixed by "context: ".
Error WithContext(Error error, std::string_view context);

// A value or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}  // NOLINT(google-explicit-constructor): `return value;` is the point
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }
  // Whether it is an Error with that code.
  bool FailedWith(ErrorCode code) const { return !ok() && error().code == code; }

  // Only when ok().
  const T& value() const& { return std::get<T>(state_); }
  T& value() & { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  // Only when not ok().
  const Error& error() const& { return std::get<Error>(state_); }
  Error&& error() && { return std::get<Error>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  // Whether it is an Error with that code.
  bool FailedWith(ErrorCode code) const { return error_ && error_->code == code; }

  // Only when not ok().
  const Error& error() const& {
    assert(error_);
    return *error_;
  }
  Error&& error() && {
    assert(error_);
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

// `error` is an errno; `action` what could not be done ("read"). kNotFound, kDenied or kUnavailable.
Error FromErrno(int error, std::string_view action, const std::string& path);

}  // namespace irsa::base

// What every module says of failure, and so says without a qualifier.
namespace irsa {
using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
}  // namespace irsa
