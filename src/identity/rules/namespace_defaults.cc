#include "irsa/identity/rules/namespace_defaults.h"

#include <utility>

#include "annotation_reading.h"

namespace irsa::identity {

NamespaceDefaults ResolveNamespace(std::span<const Annotation> annotations, const Settings& settings) {
  NamespaceDefaults defaults;
  AnnotationReading reading{.warnings = defaults.warnings, .settings = settings};
  ReadAnnotations(annotations, AnnotationHolder::kNamespace, reading);
  defaults.role_arn = std::move(reading.role_arn);
  return defaults;
}

bool SaysAnything(const NamespaceDefaults& defaults) { return defaults != NamespaceDefaults(); }

std::shared_ptr<const AccountIdentity> WithDefaults(const AccountName& name,
                                                    std::shared_ptr<const AccountIdentity> account,
                                                    const NamespaceDefaults* defaults, const Settings& settings) {
  const bool has_identity = account != nullptr && account->identity;
  if (has_identity || defaults == nullptr || !SaysAnything(*defaults)) return account;
  AccountIdentity both;
  if (account != nullptr) both = *account;
  if (!defaults->role_arn.empty()) both.identity = RoleIdentityOf(name, defaults->role_arn, both.terms, settings);
  both.warnings.insert(both.warnings.end(), defaults->warnings.begin(), defaults->warnings.end());
  return std::make_shared<const AccountIdentity>(std::move(both));
}

}  // namespace irsa::identity
