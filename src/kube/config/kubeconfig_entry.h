// One cluster, context or user of a kubeconfig, and the exec plug-in that a user names.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "irsa/base/result.h"
#include "irsa/kube/config/cluster_config.h"
#include "irsa/kube/config/exec_plugin.h"
#include "irsa/manifest/manifest.h"

namespace irsa::kube {

// The member of a map; null when there is none, or it is null, or `map` is no map.
const manifest::Value* Member(const manifest::Value& map, const char* key);

// Whether a value is there, which null is not. Zero values are as if absent, as in Go.
bool IsSet(const manifest::Value* value);

// What a kubeconfig may say and irsa will not do.
struct Unsupported {
  const char* key;
  const char* advice;
};

// Remembers the first thing that is wrong with any field, so that a caller reads them all and then asks once.
class KubeconfigEntry {
 public:
  // `fields` is a map and outlives this object. `place` begins messages; relative paths are meant from `folder`.
  KubeconfigEntry(const manifest::Value* fields, std::string place, std::filesystem::path folder);

  // Null when it is absent.
  const manifest::Value* Find(const char* key) const { return Member(*fields_, key); }
  // "" when it is absent.
  std::string Text(const char* key);
  // A text in a file.
  TextSource File(const char* path_key);
  // The same, or in the entry itself.
  TextSource FileOrData(const char* path_key, const char* data_key);

  void RefuseAll(std::span<const Unsupported> unsupported);
  void Refuse(std::string reason);
  const Status& status() const { return status_; }

  const std::filesystem::path& folder() const { return folder_; }

 private:
  const manifest::Value* fields_;
  std::string place_;
  std::filesystem::path folder_;
  Status status_;
};

// `user` has a section exec. What is wrong with it is remembered in `user`.
ExecPlugin ReadExecPlugin(KubeconfigEntry& user);

// The cluster's extension client.authentication.k8s.io/exec, as JSON; "" when it has none.
std::string ReadExecClusterConfig(const KubeconfigEntry& cluster);

}  // namespace irsa::kube
