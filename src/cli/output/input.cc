#include "input.h"

#include <cstdio>
#include <unistd.h>

#include "irsa/base/file_reader.h"

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

}  // namespace irsa::cli
