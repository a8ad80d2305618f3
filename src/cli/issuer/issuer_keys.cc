#include "issuer_keys.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

Result<std::vector<oidc::PemKey>> ReadPem(const std::string& file) {
  const Result<std::string> pem = ReadInput(file, oidc::kMaxKeyFileBytes);
  if (!pem.ok()) return pem.error();
  Result<std::vector<oidc::PemKey>> keys = oidc::PublicKeysFromPem(*pem);
  if (!keys.ok()) return base::WithContext(std::move(keys).error(), InputName(file));
  return keys;
}

std::string PrivateKeyNotice(const std::string& file) {
  return InputName(file) +
         " contains a private key, of which only the public half was read: anyone who has it can sign tokens, so keep "
         "it on the control plane only";
}

}  // namespace

std::vector<const oidc::PublicKey*> IssuerKeys::Pointers() const {
  std::vector<const oidc::PublicKey*> pointers;
  for (const IssuerKey& key : keys) pointers.push_back(&key.key);
  return pointers;
}

Result<IssuerKeys> ReadIssuerKeys(std::span<const std::string> files) {
  if (std::ranges::count(files, kStandardInput) > 1) {
    return Error{ErrorCode::kInvalid, "--key: standard input (-) can be used only once"};
  }
  IssuerKeys read;
  for (const std::string& file : files) {
    Result<std::vector<oidc::PemKey>> keys = ReadPem(file);
    if (!keys.ok()) return std::move(keys).error();
    if (std::ranges::any_of(*keys, [](const oidc::PemKey& key) { return key.from_private_key; })) {
      read.notices.push_back(PrivateKeyNotice(file));
    }
    for (oidc::PemKey& key : *keys) {
      const auto same =
          std::ranges::find_if(read.keys, [&key](const IssuerKey& other) { return other.key.id() == key.key.id(); });
      if (same == read.keys.end()) {
        read.keys.push_back({std::move(key.key), file});
      } else if (same->file != file) {
        read.notices.push_back(InputName(file) + " holds a key that " + InputName(same->file) +
                               " holds too: " + key.key.id());
      }
    }
  }
  return read;
}

Result<IssuerKey> ReadIssuerKey(const std::string& file, std::vector<std::string>& notices) {
  Result<IssuerKeys> read = ReadIssuerKeys({&file, 1});
  if (!read.ok()) return std::move(read).error();
  if (read->keys.size() != 1) {
    return Error{ErrorCode::kInvalid, InputName(file) + " holds " + std::to_string(read->keys.size()) +
                                          " keys; pass a file that holds only the key you mean"};
  }
  notices.insert(notices.end(), read->notices.begin(), read->notices.end());
  return std::move(read->keys.front());
}

nlohmann::ordered_json ToJson(const IssuerKey& key) {
  return {{"kid", key.key.id()},
          {"type", oidc::KeyTypeName(key.key.type())},
          {"algorithm", oidc::AlgorithmName(key.key.algorithm())},
          {"file", InputName(key.file)}};
}

std::string Describe(const IssuerKey& key) {
  return key.key.id() + "  " + std::string(oidc::KeyTypeName(key.key.type())) + ", " +
         std::string(oidc::AlgorithmName(key.key.algorithm())) + ", " + InputName(key.file);
}

}  // namespace irsa::cli
