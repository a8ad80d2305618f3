#include "standard_streams.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/files.h"

namespace irsa::cli {

Result<std::string> ReadInput(const std::string& path, size_t max_bytes) {
  if (path.empty()) return Error{ErrorCode::kNotFound, "cannot read \"\": the file name is empty"};
  if (path != kStandardInput) return base::ReadFileOrPipe(path, max_bytes);
  if (::isatty(STDIN_FILENO) == 1) std::fputs("irsa: reading standard input until Ctrl-D\n", stderr);
  return base::ReadStandardInput(max_bytes);
}

std::string InputName(const std::string& path) { return path == kStandardInput ? "standard input" : path; }

Result<std::optional<std::string>> ReadIfThere(const std::string& path, size_t max_bytes) {
  auto text = base::DiskFileReader().Read(path, max_bytes);
  if (text.ok()) return std::optional(*std::move(text));
  if (text.FailedWith(ErrorCode::kNotFound)) return std::optional<std::string>();
  return std::move(text).error();
}

Status MakeDirectory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (!error) return {};
  return Error{ErrorCode::kUnavailable, "cannot create directory " + directory + ": " + error.message()};
}

int PrintResult(std::string_view text, int status) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return status;
  std::fputs("irsa: cannot write to standard output\n", stderr);
  return kFailed;
}

void Say(std::string_view command, std::string_view message) {
  const std::string line = std::string(command).append(": ").append(message).append("\n");
  std::fputs(line.c_str(), stderr);
}

std::string JsonText(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void AppendWrapped(std::string_view text, size_t column, size_t indent, std::string& out, size_t width) {
  bool is_first = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!is_first && column + 1 + word.size() > width) {
      out.append("\n").append(indent, ' ');
      column = indent;
    } else if (!is_first) {
      out.push_back(' ');
      ++column;
    }
    out.append(word);
    column += word.size();
    is_first = false;
  }
  out.push_back('\n');
}

}  // namespace irsa::cli
