// Environment variables as a parameter, so that tests have their own.
#pragma once

#include <functional>

namespace irsa::base {

// The value of an environment variable, null when it is not set: std::getenv, or a test's.
using Environment = std::function<const char*(const char* name)>;

}  // namespace irsa::base
