// The parts of `irsa issuer` that have a source file of their own.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace irsa::cli {

// Declares `rotate` below `issuer`.
void AddRotate(CLI::App& issuer, std::function<int()>& run);

// A line on standard error.
void SayOfIssuer(const std::string& message);

}  // namespace irsa::cli
