// What becomes of an exception that no handler should throw.
#pragma once

#include "irsa/base/log.h"
#include "irsa/http/message/message.h"

namespace irsa::serve {

// The log outlives it.
http::OnException LogBugs(base::Log& log);

}  // namespace irsa::serve
