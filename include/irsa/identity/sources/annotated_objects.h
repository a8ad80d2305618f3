// The objects of the cluster whose annotations are read: service accounts, and namespaces for --default-role.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/account_name.h"
#include "irsa/identity/sources/packed_annotations.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::identity {

// A kind of the core group, in v1. Of a kind that is in no namespace, which is Namespace itself, the object team-a is
// named as the account {team-a, ""}.
struct AnnotatedKind {
  std::string_view noun;      // "service account"
  std::string_view resource;  // "serviceaccounts"
  bool is_namespaced = true;
};

inline constexpr AnnotatedKind kServiceAccountKind{"service account", "serviceaccounts"};
inline constexpr AnnotatedKind kNamespaceKind{"namespace", "namespaces", false};

struct AnnotatedObjects {
  AnnotatedKind kind;
  std::string prefix;  // of the annotations that are kept
};

// Whether Kubernetes allows an object of that name. What is no name must not get into a path.
bool CanExist(const AnnotatedKind& kind, const AccountName& name);

// "service account team-a/app", "namespace team-a".
std::string TextOf(const AnnotatedKind& kind, const AccountName& name);

struct FetchedAccount {
  uint64_t version = 0;  // 0: no number
  PackedAnnotations annotations;
};

// The object, whose name can exist, asked for directly, where a watch may not have shown its latest state yet. Nothing
// for one that does not exist. kUnavailable, naming it, for any other answer, such as a missing permission: the caller
// only needs to know that the state is unknown.
Result<std::optional<FetchedAccount>> FetchAccount(kube::ApiServer& server, const AnnotatedObjects& objects,
                                                   const AccountName& name, base::SteadyTime deadline,
                                                   const std::stop_token& stop);

}  // namespace irsa::identity
