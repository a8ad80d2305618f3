#include "irsa/base/file_reader.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "system_error.h"

namespace irsa::base {
namespace {

Result<std::string> ReadToEnd(int fd, const std::string& name, size_t max_bytes) {
  constexpr size_t kChunk = 65536;
  std::string bytes;
  while (true) {
    const size_t start = bytes.size();
    // One byte over the limit is asked for, so that a file of exactly max_bytes is told from a longer one.
    const size_t want = std::min(kChunk, max_bytes + 1 - start);
    bytes.resize(start + want);
    const ssize_t got = ::read(fd, bytes.data() + start, want);
    if (got < 0 && errno == EINTR) {
      bytes.resize(start);
      continue;
    }
    if (got < 0) return FromErrno(errno, "read", name);
    bytes.resize(start + static_cast<size_t>(got));
    if (got == 0) return bytes;
    if (bytes.size() > max_bytes) {
      return Error{ErrorCode::kTooLarge, name + " is larger than the limit of " + std::to_string(max_bytes) + " bytes"};
    }
  }
}

}  // namespace

Result<std::string> DiskFileReader::Read(const std::string& path, size_t max_bytes) const {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FromErrno(errno, "read", path);
  Result<std::string> bytes = ReadToEnd(fd, path, max_bytes);
  ::close(fd);
  return bytes;
}

Result<std::string> ReadStandardInput(size_t max_bytes) { return ReadToEnd(STDIN_FILENO, "standard input", max_bytes); }

}  // namespace irsa::base
