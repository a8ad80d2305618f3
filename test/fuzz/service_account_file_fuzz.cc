// Any bytes at all as a file of service accounts. What can be read must also come back from what is written of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "irsa/identity/sources/service_account_file.h"
#include "irsa/manifest/manifest.h"

namespace irsa {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void ReadAndWrite(std::string_view text) {
  // Few values, so that the fuzzer spends its time on different texts.
  const manifest::Limits limits{.max_values = 20'000};
  const auto documents = manifest::ReadDocuments(text, limits);
  if (!documents) return;
  for (const manifest::Document& document : *documents) {
    const auto again = manifest::ReadDocuments(manifest::WriteYaml(document.value), limits);
    Require(again.ok() && again->size() == 1);
    Require(again->front().value.dump() == document.value.dump());
  }
}

}  // namespace
}  // namespace irsa

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  irsa::ReadAndWrite(text);
  const auto index = irsa::identity::ReadServiceAccounts(text, "default", {});
  irsa::Require(!index.ok() || index->Find({"default", "/"}) == nullptr);
  return 0;
}
