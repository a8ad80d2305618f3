// Whole files: read within a limit, behind an interface so that tests can change a "file" without a disk; written
// atomically, so that no reader sees a partial file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "irsa/base/result.h"

namespace irsa::base {

// Implementations may be called from any thread.
class FileReader {
 public:
  virtual ~FileReader() = default;

  // The file's bytes. Errors name the path: kNotFound, kTooLarge over max_bytes (nothing is returned then), kDenied
  // without permission, kUnavailable for any other failure (no regular file, an I/O error).
  virtual Result<std::string> Read(const std::string& path, size_t max_bytes) const = 0;
};

// Regular files only, and never waiting for anything else: a pipe or device in a file's place could keep a server from
// reading its other files, and from stopping. Reads to the end rather than trusting the file's size, so that /proc
// works too. "-" is no special name.
class DiskFileReader final : public FileReader {
 public:
  Result<std::string> Read(const std::string& path, size_t max_bytes) const override;
};

// For commands that run once: the same, but waits for pipes and devices as well, so that /dev/stdin and a shell's <(…)
// can be given for a file.
Result<std::string> ReadFileOrPipe(const std::string& path, size_t max_bytes);

// Reads standard input to its end, with the same limit and errors.
Result<std::string> ReadStandardInput(size_t max_bytes);

// Replaces the file at `path`, or makes it: written and synced under a temporary name beside it, then renamed. At no
// time can anyone open it whom `mode` (0600, say; the umask plays no part) does not allow. A symbolic link is replaced,
// not followed. Errors name the path, leave what was there in place and no temporary file behind: kNotFound when the
// directory does not exist, kDenied without permission, kUnavailable for any other failure (a full disk).
Status WriteFileAtomically(const std::string& path, std::string_view bytes, mode_t mode);

}  // namespace irsa::base
