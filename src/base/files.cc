#include "irsa/base/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include <sys/stat.h>

#include "irsa/base/descriptor.h"

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
    if (got == 0) {
      bytes.shrink_to_fit();  // certificates are kept as long as they are served
      return bytes;
    }
    if (bytes.size() > max_bytes) {
      return Error{ErrorCode::kTooLarge, name + " is larger than the limit of " + std::to_string(max_bytes) + " bytes"};
    }
  }
}

Status CheckIsRegular(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return FromErrno(errno, "read", path);
  if (S_ISREG(status.st_mode)) return {};
  if (S_ISDIR(status.st_mode)) return FromErrno(EISDIR, "read", path);
  const std::string kind = S_ISFIFO(status.st_mode) ? "a pipe" : "a device";  // sockets cannot be opened
  return Error{ErrorCode::kUnavailable, "cannot read " + path + ": it is " + kind + ", not a regular file"};
}

Result<std::string> OpenAndRead(const std::string& path, size_t max_bytes, bool regular_only) {
  // Without O_NONBLOCK, to open a pipe waits for its writer. For regular files it means nothing.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | (regular_only ? O_NONBLOCK : 0)));
  if (file.get() < 0) return FromErrno(errno, "read", path);
  const Status status = regular_only ? CheckIsRegular(file.get(), path) : Status();
  return status.ok() ? ReadToEnd(file.get(), path, max_bytes) : status.error();
}

// 0 or an errno.
int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// Closes `fd` in any case. 0 or an errno. mkostemp made the file for its owner alone; the mode is set before a byte is
// in it.
int WriteAndClose(int fd, std::string_view bytes, mode_t mode) {
  int error = ::fchmod(fd, mode) == 0 ? 0 : errno;
  if (error == 0) error = WriteAll(fd, bytes);
  if (error == 0 && ::fsync(fd) != 0) error = errno;
  if (::close(fd) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace

Result<std::string> DiskFileReader::Read(const std::string& path, size_t max_bytes) const {
  return OpenAndRead(path, max_bytes, true);
}

Result<std::string> ReadFileOrPipe(const std::string& path, size_t max_bytes) {
  return OpenAndRead(path, max_bytes, false);
}

Result<std::string> ReadStandardInput(size_t max_bytes) { return ReadToEnd(STDIN_FILENO, "standard input", max_bytes); }

Status WriteFileAtomically(const std::string& path, std::string_view bytes, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return FromErrno(errno, "write", path);
  int error = WriteAndClose(fd, bytes, mode);
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(temporary.c_str());
  return FromErrno(error, "write", path);
}

}  // namespace irsa::base
