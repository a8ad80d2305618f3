// Files that exist only in the test.
#pragma once

#include <map>
#include <string>

#include "irsa/base/files.h"

namespace irsa::testing {

class FakeFileReader final : public base::FileReader {
 public:
  Result<std::string> Read(const std::string& path, size_t max_bytes) const override {
    ++reads;
    const auto file = files.find(path);
    if (file == files.end()) return Error{ErrorCode::kNotFound, "cannot read " + path + ": no such file"};
    if (file->second.size() > max_bytes) return Error{ErrorCode::kTooLarge, path + " is too large"};
    return file->second;
  }

  std::map<std::string, std::string> files;  // path to content
  mutable int reads = 0;
};

}  // namespace irsa::testing
