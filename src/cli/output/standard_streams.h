// What commands read (files, pipes such as a shell's <(…), or standard input where "-" is given for one) and write:
// results, messages, and text for people and programs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "irsa/base/result.h"

namespace irsa::cli {

inline constexpr const char* kStandardInput = "-";

// The whole of it; errors as base::FileReader's, which name the path or standard input. On a terminal it says on stderr
// that it waits for what is typed.
Result<std::string> ReadInput(const std::string& path, size_t max_bytes);

// What messages call it: the path, or "standard input".
std::string InputName(const std::string& path);

// A file of those that a command writes, as it is there before; nothing when there is none.
Result<std::optional<std::string>> ReadIfThere(const std::string& path, size_t max_bytes);

// With those above it, where they do not exist. kUnavailable, naming it.
Status MakeDirectory(const std::string& directory);

// Exit statuses, the same for every command.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;  // the answer is "no", or the work failed
inline constexpr int kUsage = 2;   // wrong arguments

// Writes all of it at once and returns the exit status; kFailed, after a message on standard error, when it cannot be
// written.
int PrintResult(std::string_view text, int status = kDone);

// A message of a command, such as "irsa audit", as a line on standard error.
void Say(std::string_view command, std::string_view message);

// The width of reports for people.
inline constexpr size_t kReportWidth = 100;

// As commands print it, indented. Text that is not UTF-8, such as a directory's name, is replaced in part.
std::string JsonText(const nlohmann::ordered_json& json);

// Appends the words of `text` and a line's end, the line being `column` wide already; further lines begin with `indent`
// spaces. A word that is longer than a line stays whole.
void AppendWrapped(std::string_view text, size_t column, size_t indent, std::string& out, size_t width = kReportWidth);

}  // namespace irsa::cli
