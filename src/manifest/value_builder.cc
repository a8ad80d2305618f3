#include "value_builder.h"

#include <algorithm>
#include <utility>

namespace irsa::manifest {
namespace {

size_t CostOfText(const std::string& text) { return text.size() / 64; }

// The vector beneath an ordered map: its own emplace searches for the key each time.
void Append(Value& map, std::string key, Value value) {
  map.get_ref<Value::object_t&>().emplace_back(std::move(key), std::move(value));
}

void CollectMerged(Value value, std::vector<Value>& merged) {
  const auto is_map = [](const Value& item) { return item.is_object(); };
  if (is_map(value)) {
    merged.push_back(std::move(value));
  } else if (value.is_array() && std::all_of(value.begin(), value.end(), is_map)) {
    for (Value& map : value) merged.push_back(std::move(map));
  } else {
    throw Refusal{ErrorCode::kMalformed, "a merge key << whose value is neither a map nor a list of maps"};
  }
}

}  // namespace

bool ValueBuilder::ExpectsKey() const {
  return !open_.empty() && open_.back().node.value.is_object() && !open_.back().has_key;
}

void ValueBuilder::Key(std::string key) {
  Frame& map = open_.back();
  Spend(CostOfText(key));
  map.node.cost += CostOfText(key);
  if (!map.keys.insert(key).second) throw Refusal{ErrorCode::kMalformed, "a key occurs twice in a map"};
  map.key = std::move(key);
  map.has_key = true;
}

void ValueBuilder::MergeKey() {
  open_.back().has_key = true;
  open_.back().is_merging = true;
}

void ValueBuilder::Scalar(Value value, Anchor anchor) {
  Node node = ScalarNode(std::move(value));
  Spend(node.cost);
  Complete(std::move(node), anchor);
}

ValueBuilder::Node ValueBuilder::ScalarNode(Value value) {
  Node node{std::move(value)};
  if (node.value.is_string()) node.cost += CostOfText(node.value.get_ref<const std::string&>());
  return node;
}

void ValueBuilder::StartMap(Anchor anchor) { Start(Value::object(), anchor); }

void ValueBuilder::StartList(Anchor anchor) { Start(Value::array(), anchor); }

void ValueBuilder::Start(Value empty, Anchor anchor) {
  CheckDepth(1);
  Spend(1);
  Frame frame;
  frame.node = {std::move(empty), 1, 1};
  frame.anchor = anchor;
  open_.push_back(std::move(frame));
}

void ValueBuilder::End() {
  Frame frame = std::move(open_.back());
  open_.pop_back();
  for (Value& map : frame.merged) {
    for (auto& [key, value] : map.get_ref<Value::object_t&>()) {
      if (frame.keys.insert(key).second) Append(frame.node.value, key, std::move(value));
    }
  }
  Complete(std::move(frame.node), frame.anchor);
}

const ValueBuilder::Node& ValueBuilder::Find(Anchor anchor) const {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) throw Refusal{ErrorCode::kMalformed, "an alias that refers to a value it is part of"};
  return found->second;
}

void ValueBuilder::Alias(Anchor anchor) {
  const Node& node = Find(anchor);
  CheckDepth(node.height);
  if (node.cost > alias_values_left_) {
    throw Refusal{ErrorCode::kTooLarge, "aliases that expand to far more than the text"};
  }
  alias_values_left_ -= node.cost;
  Spend(node.cost);
  Complete(node, kNoAnchor);
}

void ValueBuilder::StoreAnchor(Anchor anchor, const Value& scalar) {
  Node node = ScalarNode(scalar);
  Spend(node.cost);
  anchors_[anchor] = std::move(node);
}

Value ValueBuilder::TakeDocument() {
  anchors_.clear();
  return std::exchange(document_, Value());
}

void ValueBuilder::Spend(size_t cost) {
  if (cost > values_left_) throw Refusal{ErrorCode::kTooLarge, "more values than the limit, with aliases expanded"};
  values_left_ -= cost;
}

void ValueBuilder::CheckDepth(int height) const {
  if (static_cast<int>(open_.size()) + height > max_depth_) {
    throw Refusal{ErrorCode::kTooLarge, "nested deeper than " + std::to_string(max_depth_)};
  }
}

void ValueBuilder::Complete(Node node, Anchor anchor) {
  if (anchor != kNoAnchor) {
    Spend(node.cost);
    anchors_[anchor] = node;
  }
  if (open_.empty()) {
    document_ = std::move(node.value);
  } else {
    Place(open_.back(), std::move(node));
  }
}

void ValueBuilder::Place(Frame& parent, Node node) {
  parent.node.cost += node.cost;
  parent.node.height = std::max(parent.node.height, node.height + 1);
  if (parent.node.value.is_array()) {
    parent.node.value.push_back(std::move(node.value));
    return;
  }
  if (parent.is_merging) {
    CollectMerged(std::move(node.value), parent.merged);
  } else {
    Append(parent.node.value, std::move(parent.key), std::move(node.value));
  }
  parent.has_key = parent.is_merging = false;
}

}  // namespace irsa::manifest
