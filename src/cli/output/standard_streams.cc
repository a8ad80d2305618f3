#include "standard_streams.h"

#include <cstdio>
#include <unistd.h>

#include "irsa/base/files.h"

namespace irsa::cli {
namespace {

constexpr const char* kStandardInput = "-";

}  // namespace

base::Result<std::string> ReadInput(const std::string& path, size_t max_bytes) {
  if (path != kStandardInput) return base::ReadFileOrPipe(path, max_bytes);
  if (::isatty(STDIN_FILENO) == 1) std::fputs("irsa: reading standard input until Ctrl-D\n", stderr);
  return base::ReadStandardInput(max_bytes);
}

std::string InputName(const std::string& path) { return path == kStandardInput ? "standard input" : path; }

bool PrintResult(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return true;
  std::fputs("irsa: cannot write to standard output\n", stderr);
  return false;
}

}  // namespace irsa::cli
