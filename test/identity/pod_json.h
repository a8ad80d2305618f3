// What the mutation's tests do with pods as JSON documents.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "irsa/identity/rules/pod_view.h"

namespace irsa::identity {

using Json = nlohmann::json;

// A plain reader of well-formed pods; the product's is admission's. The view points into `pod`.
PodView ViewOf(const Json& pod, std::string_view annotation_prefix);

// The annotations of any object, in the order of their keys. They point into `object`.
std::vector<Annotation> AnnotationsOf(const Json& object, std::string_view prefix);

// `pod` with the patch applied; an empty patch changes nothing.
Json Applied(const Json& pod, std::string_view patch);

}  // namespace irsa::identity
