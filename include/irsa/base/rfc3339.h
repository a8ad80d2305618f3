// Times as people and programs read them (RFC 3339), always in UTC.
#pragma once

#include <string>

#include "irsa/base/clock.h"

namespace irsa::base {

// "2026-08-01T12:00:00Z", rounded down to the second.
std::string FormatRfc3339(SystemTime time);

}  // namespace irsa::base
