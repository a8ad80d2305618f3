// Hashes of texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace irsa::base {

// FNV-1a, 64 bits: the same in every build and on every machine, so that it may be stored and compared between
// processes. http://www.isthe.com/chongo/tech/comp/fnv/
class StableHash {
 public:
  constexpr StableHash& Add(std::string_view text) {
    for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return *this;
  }
  constexpr uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325;
};

// For the hash tables of this process: of two texts, neither of which tells where the other begins.
inline size_t HashOf(std::string_view first, std::string_view second) {
  const std::hash<std::string_view> hash;
  const size_t seed = hash(first);
  return seed ^ (hash(second) + 0x9e3779b97f4a7c15 + (seed << 6) + (seed >> 2));
}

}  // namespace irsa::base
