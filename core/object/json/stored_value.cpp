#include "core/object/json/stored_value.h"

#include <bit>
#include <cmath>

#include "core/object/codec.h"
#include "core/object/json/json_document.h"
#include "core/object/json/json_text.h"

namespace cleat::object {
namespace {

using NodeKind = JsonNode::Kind;

JsonNode ofFloat(double value) {
  // As it is read when it has been written.
  constexpr double kInteger = 9223372036854775808.0, kNatural = 18446744073709551616.0;
  if (!std::isfinite(value)) return JsonNode::ofInteger(0);
  if (std::trunc(value) != value || value >= kNatural || value < -kInteger) return JsonNode::ofFloating(value);
  if (value >= kInteger) return JsonNode::ofNatural(static_cast<uint64_t>(value));
  return JsonNode::ofInteger(static_cast<int64_t>(value));
}

JsonNode ofNumber(const ValuePlan& plan, Shape shape, uint64_t bits) {
  if (shape == Shape::boolean) return JsonNode::ofBoolean(bits != 0);
  if (shape == Shape::floating) return ofFloat(std::bit_cast<double>(bits));
  if (plan.isSigned || bits <= INT64_MAX) return JsonNode::ofInteger(static_cast<int64_t>(bits));
  return JsonNode::ofNatural(bits);
}

JsonNode keep(JsonArena& arena, const StoredValue& stored) {
  JsonNode node;
  node.kind = NodeKind::stored;
  node.stored = new (arena.allocate(sizeof(StoredValue))) StoredValue(stored);
  return node;
}

JsonNode ofTree(JsonArena& arena, TreeView view, words::StructView at, OpenPlace place) {
  switch (view.kind()) {
    case TreeKind::null: return {};
    case TreeKind::boolean: return JsonNode::ofBoolean(view.boolean());
    case TreeKind::integer: return JsonNode::ofInteger(view.integer());
    case TreeKind::floating: return ofFloat(view.floating());
    case TreeKind::text: return JsonNode::ofText(view.text());
    case TreeKind::list:
      if (view.children().count == 0) return JsonNode::emptyArray();
      return keep(arena, {.value = {}, .tree = at, .place = place});
    case TreeKind::object: return keep(arena, {.value = {}, .tree = at, .place = place});
  }
  return {};
}

JsonNode ofText(const MessageValue& value) {
  if (!value.pointer && value.plan->shape == Shape::quantity) return JsonNode::ofText("0");
  return JsonNode::ofText(value.text());
}

JsonNode ofIntOrString(const MessageValue& value) {
  const StructCodec& codec = *value.plan->codec;
  const FieldPlan& number = codec.fields()[0];
  if (value.view.scalar<uint16_t>(codec.discriminantOffset()) == number.discriminant) {
    return JsonNode::ofInteger(value.view.scalar<int32_t>(number.offset));
  }
  const uint64_t* at = value.view.pointer(codec.fields()[1].offset);
  return JsonNode::ofText(at ? words::textAt(at).value_or("") : std::string_view());
}

JsonNode ofValue(JsonArena& arena, const MessageValue& value) {
  if (!value.there()) return {};
  const ValuePlan& plan = *value.plan;
  switch (plan.shape) {
    case Shape::boolean:
    case Shape::integer:
    case Shape::floating:
      if (plan.quoted) return JsonNode::ofText(arena.keep(std::to_string(value.bits)));
      return ofNumber(plan, plan.shape, value.bits);
    case Shape::box: return ofNumber(plan, plan.boxed, value.boxBits());
    case Shape::intOrString: return ofIntOrString(value);
    case Shape::structure: return plan.codec->choice() ? ofValue(arena, value.chosen()) : keep(arena, {.value = value});
    case Shape::list: return value.list.count == 0 ? JsonNode::emptyArray() : keep(arena, {.value = value});
    case Shape::map: return value.list.count == 0 ? JsonNode::emptyObject() : keep(arena, {.value = value});
    case Shape::data:
    case Shape::json: return keep(arena, {.value = value});
    default: return ofText(value);
  }
}

JsonMember* membersFor(JsonArena& arena, JsonNode& object, size_t most) {
  object = JsonNode::emptyObject();
  object.members = arena.array<JsonMember>(most);
  return object.members;
}

void addTree(JsonArena& arena, JsonNode& object, const words::ListView& members, OpenPlace place, bool isRoot) {
  for (uint32_t i = 0; i < members.count; ++i) {
    const TreeView member(members.element(i));
    OpenPlace below;
    (void)place.member(member.name(), isRoot, below);
    object.members[object.count++] = {member.name(), ofTree(arena, member, members.element(i), below)};
  }
}

void addFields(JsonArena& arena, JsonNode& object, const MessageValue& value) {
  for (const FieldPlan& plan : value.plan->codec->fields()) {
    const MessageValue field = value.field(plan);
    if (!field.absent()) object.members[object.count++] = {plan.name, ofValue(arena, field)};
  }
}

JsonNode openedTree(JsonArena& arena, const StoredValue& stored) {
  const TreeView view(stored.tree);
  const words::ListView children = view.children();
  JsonNode out;
  if (view.kind() == TreeKind::object) {
    membersFor(arena, out, children.count);
    addTree(arena, out, children, stored.place, false);
    return out;
  }
  out = JsonNode::emptyArray();
  out.elements = arena.array<JsonNode>(children.count);
  for (; out.count < children.count; ++out.count) {
    const words::StructView at = children.element(out.count);
    out.elements[out.count] = ofTree(arena, TreeView(at), at, stored.place.element());
  }
  return out;
}

JsonNode rawJson(JsonArena& arena, std::string_view text) {
  constexpr size_t kMaxDepth = 500;
  Result<JsonNode> node = JsonDocument::read(arena, text, {.maxBytes = text.size(), .maxDepth = kMaxDepth});
  return node ? *node : JsonNode();
}

JsonNode base64(JsonArena& arena, std::string_view bytes) {
  TextBuffer text;
  appendBase64(text, bytes);
  return JsonNode::ofText(arena.keep(text.view()));
}

}  // namespace

JsonNode::Kind StoredValue::kind() const {
  if (isTree()) return TreeView(tree).kind() == TreeKind::object ? NodeKind::object : NodeKind::array;
  switch (value.plan->shape) {
    case Shape::structure:
    case Shape::map: return NodeKind::object;
    case Shape::list: return NodeKind::array;
    case Shape::data: return NodeKind::text;
    default: return NodeKind::null;
  }
}

JsonNode nodeOf(JsonArena& arena, const Kind& kind, Words words) {
  ValuePlan plan;
  plan.shape = Shape::structure;
  plan.codec = kind.codec;
  const words::StructView view = words::rootOf(words);
  const words::ListView members = kind.codec->open() ? openMembers(view) : words::ListView{};
  JsonNode out;
  JsonMember* first = membersFor(arena, out, kind.codec->fields().size() + members.count + 2);
  first[out.count++] = {"apiVersion", JsonNode::ofText(arena.keep(kind.apiVersion()))};
  first[out.count++] = {"kind", JsonNode::ofText(kind.name)};
  addFields(arena, out, MessageValue::root(plan, view));
  if (kind.codec->open()) addTree(arena, out, members, OpenPlace::of(kind.codec->open()->root()), true);
  return out;
}

JsonNode opened(JsonArena& arena, const StoredValue& stored) {
  if (stored.isTree()) return openedTree(arena, stored);
  const MessageValue& value = stored.value;
  JsonNode out;
  switch (value.plan->shape) {
    case Shape::structure:
      membersFor(arena, out, value.plan->codec->fields().size());
      addFields(arena, out, value);
      return out;
    case Shape::map:
      membersFor(arena, out, value.list.count);
      for (; out.count < value.list.count; ++out.count) {
        out.members[out.count] = {value.key(out.count), ofValue(arena, value.member(out.count))};
      }
      return out;
    case Shape::list:
      out = JsonNode::emptyArray();
      out.elements = arena.array<JsonNode>(value.list.count);
      for (; out.count < value.list.count; ++out.count) {
        out.elements[out.count] = ofValue(arena, value.element(out.count));
      }
      return out;
    case Shape::data: return base64(arena, value.text());
    default: return rawJson(arena, value.text());
  }
}

bool peek(JsonArena& arena, const JsonNode& object, std::string_view name, JsonNode& member) {
  if (object.kind == NodeKind::stored && !object.stored->isTree()) {
    const MessageValue& value = object.stored->value;
    const FieldPlan* field = value.plan->shape == Shape::structure ? value.plan->codec->find(name) : nullptr;
    if (field) {
      const MessageValue there = value.field(*field);
      if (there.absent()) return false;
      member = ofValue(arena, there);
      return true;
    }
  }
  const JsonNode& level = object.kind == NodeKind::stored ? opened(arena, *object.stored) : object;
  const JsonNode* found = level.find(name);
  if (found) member = *found;
  return found != nullptr;
}

bool samePlan(const ValuePlan& a, const ValuePlan& b) {
  if (&a == &b) return true;
  if (a.shape != b.shape || a.boxed != b.boxed || a.bits != b.bits || a.isSigned != b.isSigned) return false;
  if (a.quoted != b.quoted || a.codec != b.codec || (a.element == nullptr) != (b.element == nullptr)) return false;
  return !a.element || samePlan(*a.element, *b.element);
}

}  // namespace cleat::object
