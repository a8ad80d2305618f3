// Who gives pods their identity, for findings about pods that lack it.
#pragma once

#include <string>

#include "irsa/audit/checks/pod_check.h"

namespace irsa::audit {

// "the webhook" or "the identity policy".
std::string GiverOf(const PodCircumstances& circumstances);

}  // namespace irsa::audit
