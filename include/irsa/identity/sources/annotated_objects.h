// The objects of the cluster whose annotations are read: service accounts, and namespaces for --default-role.
#pragma once

#include <string>
#include <string_view>

#include "irsa/identity/rules/account_name.h"

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

// "/api/v1/namespaces/team-a/serviceaccounts/app". The name can exist.
std::string PathOf(const AnnotatedKind& kind, const AccountName& name);

}  // namespace irsa::identity
