#include "irsa/identity/sources/watched_file.h"

#include <utility>

namespace irsa::identity {

WatchedFile::WatchedFile(const base::FileReader& files, Options options, std::function<Status(std::string text)> take)
    : files_(files), options_(std::move(options)), take_(std::move(take)) {}

Status WatchedFile::Load() {
  Result<std::string> text = Read();
  if (!text) return std::move(text).error();
  read_ = FingerprintOf(*text);
  return Take(*std::move(text));
}

Result<bool> WatchedFile::Poll() {
  Result<std::string> text = Read();
  if (!text) {
    read_.reset();
    error_ = text.error();
    return *error_;
  }
  const Fingerprint fingerprint = FingerprintOf(*text);
  const bool is_settled = std::exchange(read_, fingerprint) == fingerprint;
  const bool is_new = taken_ != fingerprint;
  if (is_new && is_settled) {
    if (Status status = Take(*std::move(text)); !status) return std::move(status).error();
    return true;
  }
  if (!is_new) error_ = taken_error_;
  return error_ ? Result<bool>(*error_) : false;
}

WatchedFile::Fingerprint WatchedFile::FingerprintOf(const std::string& text) {
  return {text.size(), std::hash<std::string>()(text)};
}

Result<std::string> WatchedFile::Read() const {
  Result<std::string> text = files_.Read(options_.path, options_.max_bytes);
  if (options_.missing == MissingFile::kIsEmpty && text.FailedWith(ErrorCode::kNotFound)) return std::string();
  return text;
}

Status WatchedFile::Take(std::string text) {
  taken_ = FingerprintOf(text);
  taken_error_.reset();
  if (Status taken = take_(std::move(text)); !taken) taken_error_ = std::move(taken).error();
  error_ = taken_error_;
  return error_ ? Status(*error_) : Status();
}

}  // namespace irsa::identity
