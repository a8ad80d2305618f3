// Where a mount path leads. Kubernetes stores it as written; the container runtime cleans it.
#pragma once

#include <string>
#include <string_view>

namespace irsa::identity {

// Absolute, without empty, "." and ".." elements or a slash at the end: what `path` means to the runtime. A relative
// path begins at the root. On Windows a backslash is a slash, and the drive is left out.
std::string CleanMountPath(std::string_view path, bool is_windows = false);

// A mount's path as seen from the token's directory.
enum class MountPlace {
  kElsewhere,
  kAbove,        // the token's directory is within it
  kAtDirectory,  // it is the token's directory
  kAtFile,       // it is the token itself
  kBelow,        // something else within the token's directory
};

// All paths clean; `token_path` is the token's in its directory.
MountPlace PlaceOf(std::string_view path, std::string_view token_directory, std::string_view token_path);

}  // namespace irsa::identity
