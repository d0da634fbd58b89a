#include "core/object/apply/said_fields.h"

#include <algorithm>
#include <vector>

#include "core/object/apply/message_compare.h"
#include "core/object/apply/message_value.h"
#include "core/object/json/json_text.h"

namespace cleat::object {
namespace {

using Merging = FieldType::Merging;

// Whether the JSON of a value has no parts.
bool isScalar(const MessageValue& value) {
  return value.there() && value.plan->shape != Shape::structure && value.plan->shape != Shape::list &&
         value.plan->shape != Shape::map && value.plan->shape != Shape::json;
}

// A null says that a field is not there, unless it has become the zero value of one that every object has.
bool isSaid(const JsonNode& node, const MessageValue& value) { return !node.isNull() || isScalar(value); }

class SaidFieldsWriter {
 public:
  SaidFieldsWriter(TextBuffer& out, const WriteReach& reach) : out_(out), reach_(reach) {}

  bool unclear() const { return unclear_; }

  void root(const JsonNode& node, const MessageValue& value) {
    members(*value.plan->codec, node, value, false, [&](const FieldPlan& field, const JsonNode& below) {
      if (!reach_.owns(field.name)) return;
      const MessageValue canonical = value.field(field);
      const FieldType type{&field.value, field.merge};
      if (type.merging() != Merging::structure || !below.isObject()) {
        if (isSaid(below, canonical)) step("f:", field.name, type, below, canonical, false);
        return;
      }
      named("f:", field.name, [&] { part(field, below, canonical); });
    });
  }

 private:
  struct Child {
    std::string name;
    uint32_t place;
  };

  // A member of the object, of which some members may be out of reach.
  void part(const FieldPlan& field, const JsonNode& node, const MessageValue& value) {
    const StructCodec& codec = *field.value.codec;
    const bool isEmpty = std::ranges::none_of(node.object(), [&](const JsonMember& member) {
      const FieldPlan* plan = codec.find(member.name);
      return plan && reach_.has(field.name, member.name) && isSaid(member.value, value.field(*plan));
    });
    members(codec, node, value, isEmpty && field.name != "metadata", [&](const FieldPlan& plan, const JsonNode& below) {
      if (reach_.owns(field.name, plan.name)) member(plan, below, value.field(plan));
    });
  }

  // A step and what is below it; taken back where that is nothing.
  template <class F>
  void named(std::string_view kind, std::string_view name, F write) {
    const size_t begin = out_.size();
    name_.assign(kind).append(name);
    appendJsonString(out_, name_);
    out_.append(':');
    const size_t value = out_.size();
    write();
    if (out_.size() > value) return out_.append(',');
    while (out_.size() > begin) out_.dropLast();
  }
  void step(std::string_view kind, std::string_view name, const FieldType& type, const JsonNode& node,
            const MessageValue& value, bool isMember) {
    named(kind, name, [&] { this->value(type, node, value, isMember); });
  }
  void member(const FieldPlan& field, const JsonNode& node, const MessageValue& value) {
    if (isSaid(node, value)) step("f:", field.name, {&field.value, field.merge}, node, value, false);
  }

  // Writes a node, or nothing where it has no member in it. `isMember`: it is one itself, as elements are.
  void value(const FieldType& type, const JsonNode& node, const MessageValue& value, bool isMember) {
    switch (type.merging()) {
      case Merging::structure: {
        if (!node.isObject()) return leaf();
        const StructCodec& codec = *type.plan->codec;
        const bool isEmpty = std::ranges::none_of(node.object(), [&](const JsonMember& below) {
          const FieldPlan* plan = codec.find(below.name);
          return plan && isSaid(below.value, value.field(*plan));
        });
        return members(codec, node, value, isMember || isEmpty, [&](const FieldPlan& field, const JsonNode& below) {
          member(field, below, value.field(field));
        });
      }
      case Merging::map: return entries(type, node, value, isMember);
      case Merging::set:
      case Merging::keyed: return elements(type, node, value, isMember);
      default: return leaf();
    }
  }

  void leaf() { out_.append("{}"); }

  // A node whose children `write` writes.
  template <class F>
  void node(bool isMember, F write) {
    const size_t begin = out_.size();
    out_.append('{');
    if (isMember) out_.append(R"(".":{},)");
    const size_t children = out_.size();
    write();
    if (out_.size() > children) {
      out_.dropLast();
      return out_.append('}');
    }
    while (out_.size() > begin) out_.dropLast();
    if (isMember) leaf();
  }

  template <class F>
  void members(const StructCodec& codec, const JsonNode& object, const MessageValue&, bool isMember, F write) {
    node(isMember, [&] {
      const size_t first = places_.size();
      for (uint32_t i = 0; i < object.count; ++i) places_.push_back(i);
      const auto begin = places_.begin() + static_cast<ptrdiff_t>(first);
      std::ranges::sort(begin, places_.end(), {}, [&](uint32_t i) { return object.members[i].name; });
      for (uint32_t i = 0; i < object.count; ++i) {
        const JsonMember& member = object.members[places_[first + i]];
        if (const FieldPlan* field = codec.find(member.name)) write(*field, member.value);
      }
      places_.resize(first);
    });
  }

  void entries(const FieldType& type, const JsonNode& object, const MessageValue& value, bool isMember) {
    if (!object.isObject()) return leaf();
    // As many as it names, which are sorted.
    if (object.count != value.count()) unclear_ = true;
    const FieldType memberType{type.plan->element, nullptr};
    node(isMember || object.count == 0, [&] {
      for (uint32_t i = 0; i < value.count(); ++i) {
        const JsonNode* below = object.find(value.key(i));
        if (!below || below->isNull()) {
          unclear_ = true;
          return;
        }
        step("f:", value.key(i), memberType, *below, value.member(i), true);
      }
    });
  }

  void elements(const FieldType& type, const JsonNode& array, const MessageValue& value, bool isMember) {
    if (!array.isArray() || array.count != value.count()) {
      if (!array.isArray() || array.count > 0) unclear_ = true;
      return node(isMember, [] {});
    }
    const bool isSet = type.merging() == Merging::set;
    std::vector<Child> children;
    for (uint32_t i = 0; i < array.count; ++i) {
      const MessageValue element = value.element(i);
      if (array.elements[i].isNull()) unclear_ = true;
      children.push_back({isSet ? element.scalarText() : elementKeys(type, element), i});
    }
    std::ranges::sort(children, {}, &Child::name);
    if (std::ranges::adjacent_find(children, {}, &Child::name) != children.end()) unclear_ = true;
    node(isMember, [&] {
      for (const auto& [name, place] : children) {
        step(isSet ? "v:" : "k:", name, type.element(), array.elements[place], value.element(place), true);
      }
    });
  }

  TextBuffer& out_;
  const WriteReach& reach_;
  std::string name_;
  std::vector<uint32_t> places_;
  bool unclear_ = false;
};

}  // namespace

std::optional<std::string> saidFields(const Kind& kind, const WriteReach& reach, const JsonNode& applied,
                                      Words canonical) {
  if (kind.open || !applied.isObject()) return std::nullopt;
  ValuePlan plan;
  plan.shape = Shape::structure;
  plan.codec = kind.codec;
  TextBuffer out;
  SaidFieldsWriter writer(out, reach);
  writer.root(applied, MessageValue::root(plan, words::rootOf(canonical)));
  if (writer.unclear()) return std::nullopt;
  return std::string(out.size() > 0 ? out.view() : "{}");
}

}  // namespace cleat::object
