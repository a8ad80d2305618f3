// Any bytes at all as a ConfigMap's identities. Whatever is taken has a role.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "irsa/identity/sources/config_map_entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto entries = irsa::identity::ReadConfigMapEntries(text, {});
  if (!entries.ok()) return 0;
  for (const std::string_view namespace_name : {std::string_view("team-a"), std::string_view("n")}) {
    const auto* entry = entries->index.Find({namespace_name, "a"});
    if (entry != nullptr && (*entry == nullptr || (*entry)->identity->role_arn.empty())) std::abort();
  }
  return 0;
}
