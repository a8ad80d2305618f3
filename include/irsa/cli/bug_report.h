// What becomes of an exception that no handler should throw.
#pragma once

#include <functional>
#include <string_view>

#include "irsa/base/log.h"

namespace irsa::cli {

// For http::ServerOptions::on_exception: takes what was thrown.
using BugReport = std::function<void(std::string_view path, std::string_view what)>;

// The log outlives it.
BugReport LogBugs(base::Log& log);

}  // namespace irsa::cli
