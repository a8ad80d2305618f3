// Parameters that do not meet the constraints of AWS's API reference, worded as AWS words it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/sts/query/form.h"
#include "irsa/sts/query/sts_error.h"

namespace irsa::sts {

// `name` is a parameter's; AWS words it with a small letter in front.
class Violations {
 public:
  void AddMissing(std::string_view name);

  // `shown` is null for what must not be quoted.
  void Add(std::string_view name, const std::string* shown, const std::string& constraint);

  // In characters. A secret is not quoted.
  void CheckLength(std::string_view name, const std::string& value, size_t min, size_t max);
  void CheckSecretLength(std::string_view name, const std::string& secret, size_t min, size_t max);

  // ValidationError with all of them; null when there are none.
  std::optional<StsError> Error() const;

 private:
  void CheckLength(std::string_view name, const std::string* shown, size_t length, size_t min, size_t max);
  void Append(const std::string& value_at, std::string_view name, const std::string& constraint);

  int count_ = 0;
  std::string list_;
};

// Null, which is then a violation, when there is no such parameter.
const std::string* Required(const Parameters& parameters, std::string_view name, Violations& violations);

}  // namespace irsa::sts
