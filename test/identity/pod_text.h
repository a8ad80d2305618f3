// Pods as a few words, so that a test can state one and compare another whole. A line for each
//
//   container       app NAME NAME=value NAME?secret volume@/path volume@/path:ro
//                   (NAME?secret, NAME?configMap: from a key of one that is optional)
//   init container  init app …
//   volume          volume name
//                   volume aws-iam-token audience seconds     (when it is projected)
//   and             windows
//                   mirror
//                   labels                                    (an empty map)
//                   label key value
//                   annotation key value…
#pragma once

#include <string>
#include <string_view>

#include "test/identity/pod_json.h"

namespace irsa::identity {

Json ParsePod(std::string_view text);

// The pod's init containers, containers, volumes and labels, in that order and the pod's own.
std::string PrintPod(const Json& pod);

}  // namespace irsa::identity
