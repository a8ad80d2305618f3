#include "object_reader.h"

#include <algorithm>
#include <cstdint>

#include "irsa/base/text.h"

namespace irsa::admission {
namespace {

using base::IsAlphanumeric;

bool IsIdentifier(std::string_view key) { return std::all_of(key.begin(), key.end(), IsAlphanumeric); }

// The characters of Kubernetes' qualified names, at most as long as those with the longest prefix.
bool IsQualifiedName(std::string_view key) {
  constexpr size_t kMaxLength = 253 + 1 + 63;
  constexpr std::string_view kPunctuation = "-_./";
  return key.size() <= kMaxLength && std::all_of(key.begin(), key.end(), [&](char c) {
           return IsAlphanumeric(c) || kPunctuation.find(c) != std::string_view::npos;
         });
}

// Of the value, by all of a word and the first character of anything else; empty for what is no value.
std::string_view TypeOf(Cursor json) {
  if (json.TakeLiteral("null")) return "null";
  if (json.TakeLiteral("true") || json.TakeLiteral("false")) return "a boolean";
  if (json.Peek() == '-' || base::IsDigit(json.Peek())) return "a number";
  switch (json.Peek()) {
    case '[':
      return "a list";
    case '{':
      return "an object";
    case '"':
      return "a string";
    default:
      return "";
  }
}

// "<path> is not <expected> but <the value's type>", unless it only begins like what is expected.
Error WrongType(const Cursor& json, const Path& path, std::string_view expected) {
  const std::string_view type = TypeOf(json);
  if (type.empty() || type == expected) return NotJson();
  return {ErrorCode::kInvalid, path.Text().append(" is not ").append(expected).append(" but ").append(type)};
}

Status ReadBool(Cursor& json, const Path& path, bool& out) {
  const bool is_true = json.TakeLiteral("true");
  if (!is_true && !json.TakeLiteral("false")) return WrongType(json, path, "a boolean");
  out = is_true;
  return {};
}

const Member* MemberNamed(Members members, std::string_view key) {
  const auto* const found =
      std::find_if(members.begin(), members.end(), [key](const Member& m) { return m.key == key; });
  return found == members.end() ? nullptr : found;
}

const Member* FindMember(const Cursor& json, Members members, std::string_view raw_key) {
  if (const Member* const member = MemberNamed(members, raw_key)) return member;
  if (!json.HasEscapes(raw_key)) return nullptr;
  const std::optional<std::string> key = Unescape(raw_key);
  return key ? MemberNamed(members, *key) : nullptr;
}

// Calls `read` (Status of raw key and cursor, which it leaves behind the value) for each member.
template <typename ReadMember>
Status ForEachMember(Cursor& json, const Path& path, const ReadMember& read) {
  if (!json.Take('{')) return WrongType(json, path, "an object");
  if (json.Take('}')) return {};
  do {
    std::string_view key;
    if (!json.TakeRaw(key) || !json.Take(':')) return NotJson();
    if (Status status = read(key, json); !status.ok()) return status;
  } while (json.Take(','));
  return json.Take('}') ? Status() : NotJson();
}

}  // namespace

std::string Path::Text() const {
  if (parent_ == nullptr) return std::string(key_);
  std::string text = parent_->parent_ == nullptr ? "" : parent_->Text();
  if (index_) return text.append("[").append(std::to_string(*index_)).append("]");
  if (!IsIdentifier(key_)) return text.append("[").append(IsQualifiedName(key_) ? key_ : "...").append("]");
  return text.append(text.empty() ? "" : ".").append(key_);
}

Reader::Reader(std::string_view& text)
    : Reader(&text, [](const void* target, Cursor& json, const Path& path) {
        return ReadText(json, path, *static_cast<std::string_view*>(const_cast<void*>(target)));
      }) {}

Reader::Reader(bool& boolean)
    : Reader(&boolean, [](const void* target, Cursor& json, const Path& path) {
        return ReadBool(json, path, *static_cast<bool*>(const_cast<void*>(target)));
      }) {}

Reader::Reader(std::optional<Cursor>& later)
    : Reader(&later, [](const void* target, Cursor& json, const Path&) {
        *static_cast<std::optional<Cursor>*>(const_cast<void*>(target)) = json;
        return json.Skip();
      }) {}

Status ReadObject(Cursor& json, const Path& path, Members members) {
  uint32_t seen = 0;  // a bit for each of the members
  return ForEachMember(json, path, [&](std::string_view raw_key, Cursor& value) -> Status {
    const Member* const member = FindMember(value, members, raw_key);
    if (member == nullptr) return value.Skip();
    const Path place(path, member->key);
    const uint32_t bit = uint32_t{1} << (member - members.begin());
    if ((seen & bit) != 0) return OccursTwice(place);
    seen |= bit;
    return value.TakeLiteral("null") ? Status() : member->read(value, place);
  });
}

Status ReadMap(Cursor& json, const Path& path, const Reader& read) {
  return ForEachMember(json, path, [&](std::string_view raw_key, Cursor& value) -> Status {
    std::string_view key;
    if (!value.Unescape(raw_key, key)) return NotJson();
    return read(value, Path(path, key));
  });
}

Status ReadList(Cursor& json, const Path& path, const Reader& read) {
  if (!json.Take('[')) return WrongType(json, path, "a list");
  if (json.Take(']')) return {};
  size_t index = 0;
  do {
    if (Status status = read(json, Path(path, index++)); !status.ok()) return status;
  } while (json.Take(','));
  return json.Take(']') ? Status() : NotJson();
}

Status ReadText(Cursor& json, const Path& path, std::string_view& out) {
  std::string_view raw;
  if (!json.TakeRaw(raw)) return WrongType(json, path, "a string");
  return json.Unescape(raw, out) ? Status() : NotJson();
}

Status OccursTwice(const Path& path) { return Error{ErrorCode::kMalformed, path.Text() + " occurs twice"}; }

}  // namespace irsa::admission
