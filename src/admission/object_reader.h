// What is wanted of a JSON value, written in the value's shape, and read in the document's order:
//
//   ReadObject(pod, path, {{"spec", ObjectOf({{"os", ObjectOf({{"name", os}})}})}});
//
// A member that is absent or null leaves its target as it is. One that is not wanted is passed over, however often it
// occurs.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/result.h"

#include "json_document.h"

namespace irsa::admission {

// A place in the document: links of a chain on the stack, each outliving the next, made into text only for an error.
class Path {
 public:
  // The document itself; named only where it is itself what is wrong: "the pod".
  explicit Path(std::string_view root) : key_(root) {}
  Path(const Path& parent, std::string_view key) : parent_(&parent), key_(key) {}
  Path(const Path& parent, size_t index) : parent_(&parent), index_(index) {}

  // "spec.containers[2].env", "metadata.annotations[example.org/a]"; a key that no one could read is left out: "[...]".
  std::string Text() const;
  // The key that it ends with.
  std::string_view key() const { return key_; }

 private:
  const Path* parent_ = nullptr;
  std::string_view key_;
  std::optional<size_t> index_;
};

// What reads a value, and leaves the cursor behind it unless it fails: a reference to the variable that the value goes
// to, or to a function of cursor and path. Both outlive the reader, as a lambda does that is written in the same
// statement.
class Reader {
 public:
  // NOLINTBEGIN(google-explicit-constructor)
  Reader(std::string_view& text);
  Reader(bool& boolean);
  Reader(std::optional<Cursor>& later);  // any value, for the cursor to go on from there
  template <typename Function>
  Reader(const Function& function)
      : Reader(&function, [](const void* target, Cursor& json, const Path& path) -> Status {
          return (*static_cast<const Function*>(target))(json, path);
        }) {}
  // NOLINTEND(google-explicit-constructor)

  Status operator()(Cursor& json, const Path& path) const { return call_(target_, json, path); }

 private:
  using Call = Status (*)(const void* target, Cursor& json, const Path& path);
  Reader(const void* target, Call call) : target_(target), call_(call) {}

  const void* target_;
  Call call_;
};

struct Member {
  std::string_view key;
  Reader read;
};
using Members = std::initializer_list<Member>;

// All of these: kInvalid, naming the path, for a value of another type; kMalformed for broken JSON where it is read,
// and for one of the keys twice, with or without escapes.
Status ReadObject(Cursor& json, const Path& path, Members members);
Status ReadList(Cursor& json, const Path& path, const Reader& read);
Status ReadText(Cursor& json, const Path& path, std::string_view& out);
// An object with any keys, which the reader finds at the end of its path; values that are null are read as well.
Status ReadMap(Cursor& json, const Path& path, const Reader& read);

inline auto ObjectOf(Members members) {
  return [members](Cursor& json, const Path& path) { return ReadObject(json, path, members); };
}

inline auto ListOf(const Reader& read) {
  return [read](Cursor& json, const Path& path) { return ReadList(json, path, read); };
}

// kMalformed.
Status OccursTwice(const Path& path);

}  // namespace irsa::admission
