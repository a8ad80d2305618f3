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
    status_ = text.error();
    return std::move(text).error();
  }
  const Fingerprint fingerprint = FingerprintOf(*text);
  const bool is_settled = std::exchange(read_, fingerprint) == fingerprint;
  const bool is_new = taken_ != fingerprint;
  if (is_new && is_settled) {
    if (Status status = Take(*std::move(text)); !status) return std::move(status).error();
    return true;
  }
  if (!is_new) status_ = taken_status_;
  return status_.ok() ? false : Result<bool>(status_.error());
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
  const Fingerprint fingerprint = FingerprintOf(text);
  status_ = taken_status_ = take_(std::move(text));
  taken_ = fingerprint;  // last: what is thrown leaves the text to be taken at the next poll
  return status_;
}

}  // namespace irsa::identity
