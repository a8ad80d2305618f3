// Builds values from a parser's events, within the limits, whichever language the parser reads.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/manifest/manifest.h"

namespace irsa::manifest {

// Thrown out of the parser: the only way to stop either of them early. The reader knows the place and adds it.
struct Refusal {
  ErrorCode code;
  std::string reason;
};

// Names a value that an alias may repeat.
using Anchor = size_t;
inline constexpr Anchor kNoAnchor = 0;

// What aliases may come to, whatever the limit on all values: without that, 300 bytes of aliases of aliases are four
// million values, a quarter of a gigabyte. Written out, a value takes a byte at least, and usually twenty: a manifest
// that aliases make ten times as long as its text is allowed, and more of a short one.
inline constexpr size_t kFreeAliasValues = 10'000;
inline constexpr size_t kAliasValuesForEachByte = 1;

// One document after another; the limit on values counts over all of them. Every function but ExpectsKey, ExpectsValue
// and TakeDocument may throw Refusal, after which the builder is of no more use.
class ValueBuilder {
 public:
  // `text_bytes` is the size of the text that is read, where it may have aliases.
  explicit ValueBuilder(const Limits& limits, size_t text_bytes = 0)
      : max_depth_(limits.max_depth),
        values_left_(limits.max_values),
        alias_values_left_(kFreeAliasValues + kAliasValuesForEachByte * text_bytes) {}

  // In a map a key comes before each value.
  bool ExpectsKey() const;
  bool ExpectsValue() const { return !open_.empty() && open_.back().has_key; }
  void Key(std::string key);
  void MergeKey();  // "<<": what follows is a map, or a list of maps, whose members are added where the map has none

  void Scalar(Value value, Anchor anchor = kNoAnchor);
  void StartMap(Anchor anchor = kNoAnchor);
  void StartList(Anchor anchor = kNoAnchor);
  void End();  // of the map or list begun last

  // A copy of the value with that anchor, as a value, and the value itself.
  void Alias(Anchor anchor);
  const Value& Anchored(Anchor anchor) const { return Find(anchor).value; }
  // For a key that has an anchor.
  void StoreAnchor(Anchor anchor, const Value& scalar);

  // The document that has been built, null when it was empty; forgets its anchors.
  Value TakeDocument();

 private:
  struct Node {
    Value value;
    size_t cost = 1;  // in values
    int height = 0;   // levels of maps and lists in it
  };
  struct Frame {
    Node node;
    Anchor anchor = kNoAnchor;
    bool has_key = false;
    bool is_merging = false;
    std::string key;
    std::unordered_set<std::string> keys;
    std::vector<Value> merged;
  };

  void Start(Value empty, Anchor anchor);
  static Node ScalarNode(Value value);
  const Node& Find(Anchor anchor) const;
  void Spend(size_t cost);
  void CheckDepth(int height) const;
  void Complete(Node node, Anchor anchor);
  static void Place(Frame& parent, Node node);

  int max_depth_;
  size_t values_left_;
  size_t alias_values_left_;  // of these, what may be copies
  Value document_;
  std::vector<Frame> open_;
  std::unordered_map<Anchor, Node> anchors_;
};

}  // namespace irsa::manifest
