// One annotated object asked for directly, where a watch may not have shown its latest state yet.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/sources/account_store.h"
#include "irsa/identity/sources/annotated_objects.h"
#include "irsa/identity/sources/packed_annotations.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::identity {

struct FetchedAccount {
  uint64_t version = 0;  // 0: no number
  PackedAnnotations annotations;
};

// Nothing for an object that does not exist, or cannot by its name. kUnavailable, naming it, for any other answer (no
// permission, say): the caller only has to know that nobody knows.
base::Result<std::optional<FetchedAccount>> FetchAccount(kube::ApiServer& server, const AnnotatedObjects& objects,
                                                         const AccountName& name, base::SteadyTime deadline,
                                                         const std::stop_token& stop);

}  // namespace irsa::identity
