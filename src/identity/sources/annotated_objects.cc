#include "irsa/identity/sources/annotated_objects.h"

#include "irsa/base/text.h"
#include "irsa/kube/api/objects.h"

namespace irsa::identity {

bool CanExist(const AnnotatedKind& kind, const AccountName& name) {
  if (!base::IsDnsLabel(name.namespace_name)) return false;
  return kind.is_namespaced ? base::IsDnsSubdomain(name.service_account) : name.service_account.empty();
}

std::string TextOf(const AnnotatedKind& kind, const AccountName& name) {
  std::string text(kind.noun);
  text.append(" ").append(name.namespace_name);
  if (kind.is_namespaced) text.append("/").append(name.service_account);
  return text;
}

std::string PathOf(const AnnotatedKind& kind, const AccountName& name) {
  if (!kind.is_namespaced)
    return kube::CollectionPath("api/v1", {}, kind.resource).append("/").append(name.namespace_name);
  return kube::CollectionPath("api/v1", name.namespace_name, kind.resource).append("/").append(name.service_account);
}

}  // namespace irsa::identity
