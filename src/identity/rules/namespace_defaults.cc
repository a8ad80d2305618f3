#include "irsa/identity/rules/namespace_defaults.h"

#include <utility>

#include "annotation_reading.h"

namespace irsa::identity {

NamespaceDefaults ResolveNamespace(std::span<const Annotation> annotations, const Settings& settings) {
  NamespaceDefaults defaults;
  NamespaceReading reading{.warnings = defaults.warnings, .settings = settings};
  for (const Annotation& annotation : annotations) {
    const auto name = AnnotationName(annotation.key, settings.annotation_prefix);
    if (!name || annotation.value.empty()) continue;
    const KnownAnnotation* known = FindAnnotation(*name);
    if (known != nullptr && known->read_on_namespace != nullptr) {
      known->read_on_namespace(annotation, reading);
    } else {
      defaults.warnings.push_back(
          UnknownAnnotation(annotation.key, settings.annotation_prefix, AnnotationHolder::kNamespace));
    }
  }
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
