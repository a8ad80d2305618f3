#include "irsa/identity/rules/mount_path.h"

#include <algorithm>

#include "irsa/base/text.h"

namespace irsa::identity {
namespace {

bool HasDrive(std::string_view path) { return path.size() > 1 && path[1] == ':' && base::IsAlphanumeric(path[0]); }

// Whether `path` is `directory` or lies within it.
bool IsWithin(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

// Whether cleaning, which costs more, would leave it as it is; as nearly all are. False for some clean ones (/.aws).
bool IsClean(std::string_view path) {
  if (path.empty() || path.front() != '/' || path.back() == '/') return false;
  for (size_t slash = 0; slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    const char first = path[slash + 1];  // of an element: the last slash is not the path's end
    if (first == '/' || first == '.') return false;
  }
  return true;
}

}  // namespace

std::string CleanMountPath(std::string_view path, bool is_windows) {
  if (IsClean(path) && (!is_windows || path.find('\\') == std::string_view::npos)) return std::string(path);
  std::string slashed;
  if (is_windows) {
    slashed = HasDrive(path) ? path.substr(2) : path;
    std::replace(slashed.begin(), slashed.end(), '\\', '/');
    path = slashed;
  }
  std::string clean;
  clean.reserve(path.size() + 1);
  while (!path.empty()) {
    const std::string_view element = base::TakeUntil('/', path);
    if (element.empty() || element == ".") continue;
    if (element == "..") {
      clean.resize(clean.empty() ? 0 : clean.rfind('/'));
    } else {
      clean.append("/").append(element);
    }
  }
  return clean.empty() ? "/" : clean;
}

MountPlace PlaceOf(std::string_view path, std::string_view token_directory, std::string_view token_path) {
  if (path == token_directory) return MountPlace::kAtDirectory;
  if (IsWithin(token_directory, path)) return MountPlace::kAbove;
  if (!IsWithin(path, token_directory)) return MountPlace::kElsewhere;
  const std::string_view rest = path.substr(token_directory == "/" ? 1 : token_directory.size() + 1);
  return rest == token_path ? MountPlace::kAtFile : MountPlace::kBelow;
}

}  // namespace irsa::identity
