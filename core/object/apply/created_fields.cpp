#include "core/object/apply/created_fields.h"

#include <algorithm>

#include "core/object/apply/message_compare.h"
#include "core/object/apply/message_value.h"
#include "core/object/json/json_text.h"

namespace cleat::object {
namespace {

using Merging = FieldType::Merging;

class CreatedFieldsWriter {
 public:
  CreatedFieldsWriter(TextBuffer& out, const WriteReach& reach) : out_(out), reach_(reach) {}

  // `before` is what every object of the kind has of it; absent below what is new.
  bool root(const MessageValue& before, const MessageValue& after) {
    return members(*after.plan->codec, after, false, [&](const FieldPlan& field) {
      if (!reach_.owns(field.name)) return false;
      const MessageValue left = before.field(field), right = after.field(field);
      const FieldType type{&field.value, field.merge};
      if (type.merging() != Merging::structure) return step("f:", field.name, type, left, right);
      return named("f:", field.name, [&] {
        const bool comes = left.absent() && field.name != "metadata";
        return members(*field.value.codec, right, comes, [&](const FieldPlan& member) {
          return reach_.owns(field.name, member.name) && this->member(left, right, member);
        });
      });
    });
  }

 private:
  // A step and what is below it; taken back where that is nothing.
  template <class F>
  bool named(std::string_view kind, std::string_view name, F write) {
    const size_t begin = out_.size();
    name_.assign(kind).append(name);
    appendJsonString(out_, name_);
    out_.append(':');
    if (write()) {
      out_.append(',');
      return true;
    }
    while (out_.size() > begin) out_.dropLast();
    return false;
  }
  bool step(std::string_view kind, std::string_view name, const FieldType& type, const MessageValue& before,
            const MessageValue& after) {
    return named(kind, name, [&] { return value(type, before, after); });
  }
  bool member(const MessageValue& before, const MessageValue& after, const FieldPlan& field) {
    const MessageValue left = before.field(field), right = after.field(field);
    return !right.absent() && step("f:", field.name, {&field.value, field.merge}, left, right);
  }

  // Writes a node; false, with nothing written that counts, where it has no member in it.
  bool value(const FieldType& type, const MessageValue& before, const MessageValue& after) {
    const bool comes = before.absent();
    switch (type.merging()) {
      case Merging::structure:
        return members(*type.plan->codec, after, comes,
                       [&](const FieldPlan& field) { return member(before, after, field); });
      case Merging::map: return entries(type, after, comes);
      case Merging::set:
      case Merging::keyed: return elements(type, after, comes);
      default: break;
    }
    if (!comes && before.same(after)) return false;
    out_.append("{}");
    return true;
  }

  // A node whose children `write` writes.
  template <class F>
  bool node(bool comes, F write) {
    out_.append('{');
    const size_t begin = out_.size();
    if (comes) out_.append(R"(".":{},)");
    const size_t children = out_.size();
    write();
    if (out_.size() == children) {
      while (out_.size() > begin) out_.dropLast();
      out_.append('}');
      return comes;
    }
    out_.dropLast();
    out_.append('}');
    return true;
  }

  template <class F>
  bool members(const StructCodec& codec, const MessageValue& after, bool comes, F write) {
    return node(comes, [&] {
      for (const uint16_t index : codec.byName()) {
        const FieldPlan& field = codec.fields()[index];
        if (!after.field(field).absent()) (void)write(field);
      }
    });
  }

  bool entries(const FieldType& type, const MessageValue& after, bool comes) {
    std::vector<std::pair<std::string, uint32_t>> names;
    for (uint32_t i = 0; i < after.count(); ++i) names.emplace_back(after.key(i), i);
    return sorted(names, "f:", {type.plan->element, nullptr}, comes, [&](uint32_t i) { return after.member(i); });
  }

  bool elements(const FieldType& type, const MessageValue& after, bool comes) {
    const bool isSet = type.merging() == Merging::set;
    std::vector<std::pair<std::string, uint32_t>> names;
    for (uint32_t i = 0; i < after.count(); ++i) {
      const MessageValue element = after.element(i);
      names.emplace_back(isSet ? element.scalarText() : elementKeys(type, element), i);
    }
    return sorted(names, isSet ? "v:" : "k:", type.element(), comes, [&](uint32_t i) { return after.element(i); });
  }

  // Of equal names the first counts.
  template <class F>
  bool sorted(std::vector<std::pair<std::string, uint32_t>>& names, std::string_view kind, const FieldType& type,
              bool comes, F valueAt) {
    std::ranges::sort(names);
    return node(comes, [&] {
      for (size_t i = 0; i < names.size(); ++i) {
        if (i > 0 && names[i].first == names[i - 1].first) continue;
        step(kind, names[i].first, type, MessageValue(), valueAt(names[i].second));
      }
    });
  }

  TextBuffer& out_;
  const WriteReach& reach_;
  std::string name_;
};

}  // namespace

std::string createdFields(const Kind& kind, const WriteReach& reach, Words created) {
  ValuePlan plan;
  plan.shape = Shape::structure;
  plan.codec = kind.codec;
  TextBuffer out;
  CreatedFieldsWriter writer(out, reach);
  const bool any = writer.root(MessageValue::root(plan, {}), MessageValue::root(plan, words::rootOf(created)));
  return any ? std::string(out.view()) : std::string();
}

}  // namespace cleat::object
