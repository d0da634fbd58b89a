#include "core/object/protobuf/protobuf_plan.h"

#include <algorithm>

namespace cleat::object {

namespace {

struct Path {
  std::span<const uint32_t> numbers;
  const FieldPlan* field;
};

ProtobufPlan makePlan(std::vector<Path> paths) {
  std::ranges::stable_sort(paths, {}, [](const Path& path) { return path.numbers[0]; });
  ProtobufPlan plan;
  for (size_t i = 0; i < paths.size();) {
    uint32_t number = paths[i].numbers[0];
    ProtobufPlan::Entry entry{number, nullptr, nullptr};
    std::vector<Path> below;
    for (; i < paths.size() && paths[i].numbers[0] == number; ++i) {
      if (paths[i].numbers.size() == 1) {
        entry.field = paths[i].field;
      } else {
        below.push_back({paths[i].numbers.subspan(1), paths[i].field});
      }
    }
    if (!entry.field) entry.inlined = std::make_unique<const ProtobufPlan>(makePlan(std::move(below)));
    plan.entries.push_back(std::move(entry));
  }
  return plan;
}

}  // namespace

const ProtobufPlan::Entry* ProtobufPlan::find(uint32_t number) const {
  auto it = std::ranges::lower_bound(entries, number, {}, &Entry::number);
  return it != entries.end() && it->number == number ? &*it : nullptr;
}

const ProtobufPlan& StructCodec::protobuf() const {
  std::call_once(protobufOnce_, [this] {
    std::vector<Path> paths;
    for (const FieldPlan& field : fields_) {
      if (!field.proto.empty()) paths.push_back({field.proto, &field});
    }
    protobuf_ = std::make_shared<const ProtobufPlan>(makePlan(std::move(paths)));
  });
  return *protobuf_;
}

}  // namespace cleat::object
