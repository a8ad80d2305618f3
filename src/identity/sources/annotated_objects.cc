#include "irsa/identity/sources/annotated_objects.h"

#include "irsa/base/text.h"
#include "irsa/base/url.h"

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
  std::string path = "/api/v1/namespaces/" + base::EncodeComponent(name.namespace_name);
  if (kind.is_namespaced) {
    path.append("/").append(kind.resource).append("/").append(base::EncodeComponent(name.service_account));
  }
  return path;
}

}  // namespace irsa::identity
