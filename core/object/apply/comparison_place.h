// ComparisonPlace: where two objects are compared, on the way down. Its nodes in the three sets are made when there is
// something to say of them. Private to core/object.
#pragma once

#include <string>
#include <string_view>

#include "core/object/apply/typed_merge.h"

namespace cleat::object {

class ComparisonPlace {
 public:
  enum Which : uint8_t { added, modified, removed };

  explicit ComparisonPlace(Comparison& sets) : nodes_{&sets.added, &sets.modified, &sets.removed} {}
  // A step down: "f:" and a name, "k:" and keys, "v:" and a value. All outlive the place.
  ComparisonPlace(ComparisonPlace& parent, std::string_view kind, std::string_view name)
      : parent_(&parent), kind_(kind), name_(name) {}

  void mark(Which which) { node(which).member = true; }
  // A container that comes or goes is a field itself, beside what is in it.
  void markComing(bool before, bool after) {
    if (after && !before) mark(added);
    if (before && !after) mark(removed);
  }

 private:
  FieldSet& node(Which which) {
    if (!nodes_[which]) {
      std::string step;
      step.reserve(kind_.size() + name_.size());
      step.append(kind_).append(name_);
      nodes_[which] = &parent_->node(which).at(step);
    }
    return *nodes_[which];
  }

  ComparisonPlace* parent_ = nullptr;
  std::string_view kind_, name_;
  FieldSet* nodes_[3] = {};
};

}  // namespace cleat::object
