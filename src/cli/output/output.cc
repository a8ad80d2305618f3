#include "output.h"

#include <cstdio>

namespace irsa::cli {

bool PrintResult(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return true;
  std::fputs("irsa: cannot write to standard output\n", stderr);
  return false;
}

}  // namespace irsa::cli
