// Writes a JSON Patch (RFC 6902) that only appends to lists and adds members that were missing. Nothing else can be
// written with it, so no patch of ours can change or remove what was there.
#pragma once

#include <string>
#include <string_view>

namespace irsa::identity {

class PatchBuilder {
 public:
  // Appends to `out`, which is empty and outlives the builder.
  explicit PatchBuilder(std::string& out) : out_(out) {}

  // What is appended from here on goes to the end of the list `member` ("/env") of the object at `parent`
  // ("/spec/containers/0"); together they are a JSON pointer (RFC 6901), already escaped. With `has_items`, each item
  // becomes an operation `add …/env/-`. Without (the list is missing, null or empty, which the document does not tell
  // apart here), all become one operation `add …/env` of a new list: no operation ever leans on a list that an earlier
  // one created. Hence a list is begun once, with all that it is to get.
  void BeginList(std::string_view parent, std::string_view member, bool has_items);

  // `item` is JSON text. Only after BeginList.
  void Append(std::string_view item);

  // One operation `add` of a member that is missing or null in the document. `pointer` is a JSON pointer, already
  // escaped, `value` JSON text.
  void AddMember(std::string_view pointer, std::string_view value);

  // Ends the patch; `out` stays empty when nothing was appended. Nothing may be called afterwards.
  void Finish();

 private:
  void OpenOperation(std::string_view pointer_end);
  void EndList();

  std::string& out_;
  std::string list_;
  bool has_items_ = false;
  bool new_list_is_open_ = false;
};

}  // namespace irsa::identity
