// A file that is read again every second or so, and parsed when it has changed.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "irsa/base/files.h"
#include "irsa/base/result.h"

namespace irsa::identity {

enum class MissingFile {
  kIsAnError,
  kIsEmpty,
};

// A change is taken up when two polls in a row read the same text, since what is read while someone writes it may be
// good text cut short. For one thread at a time.
class WatchedFile {
 public:
  struct Options {
    std::string path;
    size_t max_bytes;
    MissingFile missing = MissingFile::kIsAnError;
  };

  // `files` outlives this object. `take` parses a text and keeps what it says, or fails and keeps what it had.
  WatchedFile(const base::FileReader& files, Options options, std::function<Status(std::string text)> take);

  // Reads the file for the first time and takes it as it is.
  Status Load();

  // Reads it again; whether a text was taken, false while a change is waiting to be read twice. Text that has not
  // changed is not parsed again. The error is returned at each call until the file is good again.
  Result<bool> Poll();

 private:
  // Of a text, which may itself be many megabytes.
  struct Fingerprint {
    size_t size = 0;
    size_t hash = 0;

    bool operator==(const Fingerprint&) const = default;
  };

  static Fingerprint FingerprintOf(const std::string& text);
  Result<std::string> Read() const;
  Status Take(std::string text);

  const base::FileReader& files_;
  const Options options_;
  const std::function<Status(std::string text)> take_;
  std::optional<Fingerprint> read_;   // the text read last
  std::optional<Fingerprint> taken_;  // the text parsed last
  Status taken_status_;               // what is wrong with that one
  Status status_;                     // what Load or Poll said last
};

}  // namespace irsa::identity
