// Reading whole files, bounded, behind an interface so that tests can change a "file" without a disk.
#pragma once

#include <cstddef>
#include <string>

#include "irsa/base/result.h"

namespace irsa::base {

// Implementations may be called from any thread.
class FileReader {
 public:
  virtual ~FileReader() = default;

  // The file's bytes. Errors name the path: kNotFound, kTooLarge over max_bytes (nothing is returned then), kDenied
  // without permission, kUnavailable for any other failure (the path is a directory, an I/O error).
  virtual Result<std::string> Read(const std::string& path, size_t max_bytes) const = 0;
};

// Reads to the end rather than trusting the file's size, so that pipes and /proc work too. "-" is no special name.
class DiskFileReader final : public FileReader {
 public:
  Result<std::string> Read(const std::string& path, size_t max_bytes) const override;
};

// Reads standard input to its end, with the same limit and errors.
Result<std::string> ReadStandardInput(size_t max_bytes);

}  // namespace irsa::base
