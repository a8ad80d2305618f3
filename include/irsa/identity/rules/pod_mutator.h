// The mutation itself (docs/design.md section 5): a pod and an identity in, an RFC 6902 patch out.
//
// Additive by construction: the only operation is `add`, to the end of a list (`…/env/-`), of a whole list where the
// pod has none, or of a label that it has not. Mutating the patched pod again changes nothing.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "irsa/identity/rules/additions.h"
#include "irsa/identity/rules/container_selection.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/pod_view.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

// Every container adds to a patch: 2,000 of them with an ARN of 2,048 bytes would make it 5 MiB, and each of the
// server's threads may hold one and its answer. 1,500 have room in this with the default settings, and etcd stores no
// object over 1.5 MiB (its --max-request-bytes).
inline constexpr size_t kMaxPatchBytes = 1 << 20;

struct Mutation {
  std::string patch = {};     // JSON text; empty when nothing changes
  bool is_too_large = false;  // the patch would be over kMaxPatchBytes; it is left empty
  std::vector<Warning> warnings = {};
  // Of the warnings after those, which no answer has room for: a pod can deserve hundreds of thousands, and these are
  // only counted.
  std::vector<WarningReason> untold = {};

  bool operator==(const Mutation&) const = default;
};

// Warnings about the pod only (annotations, containers); the account's are in AccountIdentity. Paths begin at the pod's
// root: "/spec/containers/0/env/-". Warnings over kMaxWarningBytes are only counted. Nothing at all for a mirror pod.
// Pure; may be called from any thread.
//
// `config_maps` are those of the pod's envFrom that were looked for. What one that was read carries counts as set by
// the container; the provider's two variables are then references to it, so that guard and audit find them. Of one that
// was not read, or not looked for, a warning says that it is overridden.
Mutation MutatePod(const PodView& pod, const Identity& identity, const Settings& settings,
                   std::span<const ConfigMapKeys> config_maps = {});

// Which of the pod's containers get the identity.
ContainerSelection SelectionOf(const PodView& pod, const Identity& identity, const Settings& settings);

// The name of the volume that has the pod's token, or will have it: the first of TokenVolumeName's that no other volume
// has. A volume of such a name is irsa's if it projects a service account token with the setup's path and audience, and
// another one if not. Empty when all names are taken: such a pod gets no identity.
std::string ChooseTokenVolume(const PodView& pod, const ProviderSetup& setup);

// What is said of a pod whose account has no identity: unknown annotations under the prefix, never a patch. Nothing for
// a mirror pod.
Mutation CheckPodAnnotations(const PodView& pod, const Settings& settings);

}  // namespace irsa::identity
