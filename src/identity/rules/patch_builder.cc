#include "patch_builder.h"

namespace irsa::identity {

void PatchBuilder::BeginList(std::string_view parent, std::string_view member, bool has_items) {
  EndList();
  list_.assign(parent).append(member);
  has_items_ = has_items;
}

void PatchBuilder::Append(std::string_view item) {
  if (has_items_) {
    OpenOperation("/-");
    out_.append(item).append("}");
  } else if (new_list_is_open_) {
    out_.append(",").append(item);
  } else {
    OpenOperation("");
    out_.append("[").append(item);
    new_list_is_open_ = true;
  }
}

void PatchBuilder::AddMember(std::string_view pointer, std::string_view value) {
  EndList();
  list_.assign(pointer);
  OpenOperation("");
  out_.append(value).append("}");
}

void PatchBuilder::Finish() {
  EndList();
  if (!out_.empty()) out_.append("]");
}

void PatchBuilder::OpenOperation(std::string_view pointer_end) {
  out_.append(out_.empty() ? "[" : ",");
  out_.append(R"({"op":"add","path":")").append(list_).append(pointer_end).append(R"(","value":)");
}

void PatchBuilder::EndList() {
  if (new_list_is_open_) out_.append("]}");
  new_list_is_open_ = false;
}

}  // namespace irsa::identity
