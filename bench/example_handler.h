// The admission handler as `irsa serve` has it with the example service accounts.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "irsa/admission/review_handler.h"
#include "irsa/base/files.h"
#include "irsa/identity/sources/service_account_file.h"

namespace irsa::bench {

inline std::string ReadOrExit(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || text.empty()) {
    std::cerr << "cannot read " << path << "\n";
    std::exit(1);
  }
  return text;
}

class ExampleHandler {
 public:
  explicit ExampleHandler(const std::string& accounts_path)
      : identities_(files_, accounts_path, settings_), handler_(settings_, identities_) {
    if (const Status loaded = identities_.Load(); !loaded.ok()) {
      std::cerr << loaded.error().message << "\n";
      std::exit(1);
    }
  }

  // The bytes of the answer, which must be a mutation: anything else would be measured for nothing.
  size_t Handle(std::string& review) {
    const admission::AdmissionAnswer answer = handler_.Mutate(review, base::SteadyTime::max());
    if (answer.outcome != admission::Outcome::kMutated) {
      std::cerr << "the review was not mutated: " << answer.reason << "\n";
      std::exit(1);
    }
    return answer.body.size();
  }

 private:
  const base::DiskFileReader files_;
  const identity::Settings settings_;
  identity::ServiceAccountFile identities_;
  admission::ReviewHandler handler_;
};

}  // namespace irsa::bench
