// Any bytes as the configuration of `irsa sts`. What is read keeps to the rules.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "irsa/sts/sts_config.h"

#include "test/testing/fake_file_reader.h"

namespace {

using namespace irsa;

void Require(bool condition) {
  if (!condition) std::abort();
}

constexpr const char* kPolicy = R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*",
    "Action": "sts:AssumeRoleWithWebIdentity"}})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  testing::FakeFileReader files;
  files.files["/c/sts.yaml"] = std::string(reinterpret_cast<const char*>(data), size);
  files.files["/c/policy.json"] = kPolicy;
  const auto config = sts::LoadStsConfig(files, "/c/sts.yaml");
  if (!config.ok()) {
    Require(config.error().message.find("/c/") != std::string::npos);
    return 0;
  }
  std::set<std::string> arns;
  for (const sts::ConfiguredRole& role : config->roles) {
    Require(arns.insert(role.arn).second);
    Require(role.max_session_duration >= sts::kMinMaxSessionDuration);
    Require(role.max_session_duration <= sts::kMaxMaxSessionDuration);
  }
  return 0;
}
