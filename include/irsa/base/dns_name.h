// Names as Kubernetes has them: RFC 1123 labels and subdomains, in lower case.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
#pragma once

#include <string_view>

namespace irsa::base {

// 1 to 63 of a-z, 0-9 and hyphens, the first and last no hyphen.
bool IsDnsLabel(std::string_view text);

// Labels joined by dots, at most 253 characters; unlike RFC 1123, Kubernetes bounds the whole only.
bool IsDnsSubdomain(std::string_view text);

}  // namespace irsa::base
