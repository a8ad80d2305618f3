// The flags of `irsa serve` and `irsa controller`.
#pragma once

#include <string>

#include "irsa/base/program.h"
#include "irsa/serve/serve_options.h"

namespace CLI {
class App;
}

namespace irsa::cli {

// Declares the options on `command`; they are parsed into `options`, which outlives it.
void AddServeOptions(CLI::App& command, serve::ServeOptions& options);

// What is wrong with the options taken together; empty: nothing.
std::string WrongUsage(const serve::ServeOptions& options, const base::Environment& environment);

}  // namespace irsa::cli
