// Whether a message fits its kind: asked once of words that a plugin made, which are well-formed by then but may hold
// anything.
#include "core/object/codec.h"
#include "core/object/json/json_text.h"
#include "core/object/open/open_tree.h"
#include "core/object/schema/struct_codec.h"
#include "core/object/words.h"

namespace cleat::object {

namespace {

class Verifier {
 public:
  // The path to the first field that does not fit and what is wrong with it; empty if all do.
  std::string problem;

  bool structure(const StructCodec& codec, words::StructView view) {
    for (const FieldPlan& field : codec.fields()) {
      if (field.value.shape <= Shape::floating) continue;
      if (field.discriminant != 0xffff && view.scalar<uint16_t>(codec.discriminantOffset()) != field.discriminant)
        continue;
      const uint64_t* pointer = view.pointer(field.offset);
      if (pointer && !value(field.value, pointer)) return within(field.name);
    }
    return !codec.open() || tree(view.pointer(tree::kMembersPointer), true);
  }

 private:
  bool within(std::string_view name) {
    bool first = path_.empty();
    path_.insert(0, std::string(name) + (first || path_[0] == '[' ? "" : "."));
    problem = path_ + ": " + what_;
    return false;
  }
  bool wrong(std::string what) {
    what_ = std::move(what);
    return false;
  }

  bool value(const ValuePlan& plan, const uint64_t* pointer) {
    switch (plan.shape) {
      case Shape::structure:
      case Shape::box:
      case Shape::intOrString: {
        std::optional<words::StructView> view = words::structAt(pointer);
        return view ? structure(*plan.codec, *view) : wrong("not a struct");
      }
      case Shape::list:
      case Shape::map: {
        std::optional<words::ListView> list = words::listAt(pointer);
        return list ? elements(plan, *list) : wrong("not a list");
      }
      case Shape::data: return words::bytesAt(pointer) ? true : wrong("not bytes");
      default: return text(plan, pointer);
    }
  }

  // The members of an open object, and what is in them.
  bool tree(const uint64_t* pointer, bool members) {
    if (!pointer) return true;
    const std::optional<words::ListView> list = words::listAt(pointer);
    if (!list || (list->count > 0 && list->size != words::ElementSize::composite)) return wrong("not a list of values");
    std::string_view before;
    for (uint32_t i = 0; i < list->count; ++i) {
      const words::StructView view = list->element(i);
      const TreeView value(view);
      const bool named = treeText(view.pointer(tree::kNamePointer));
      if (!named) return within("[" + std::to_string(i) + "]");
      if (members && i > 0 && value.name() <= before) {
        (void)wrong("not in order");
        return within("[" + std::to_string(i) + "]");
      }
      before = value.name();
      if (!treeValue(view, value)) return within(members ? std::string(before) : "[" + std::to_string(i) + "]");
    }
    return true;
  }
  bool treeValue(const words::StructView& view, const TreeView& value) {
    const uint64_t* pointer = view.pointer(tree::kValuePointer);
    switch (value.kind()) {
      case TreeKind::text: return treeText(pointer);
      case TreeKind::list:
      case TreeKind::object: return tree(pointer, value.kind() == TreeKind::object);
      default: return true;
    }
  }
  bool treeText(const uint64_t* pointer) {
    static const ValuePlan kText;
    return !pointer || text(kText, pointer);
  }

  bool text(const ValuePlan& plan, const uint64_t* pointer) {
    std::optional<std::string_view> bytes = words::bytesAt(pointer);
    if (!bytes || bytes->empty() || bytes->back() != '\0') return wrong("not a text");
    std::string_view text = bytes->substr(0, bytes->size() - 1);
    if (plan.shape == Shape::json && !text.empty() && !isJson(text)) return wrong("not JSON");
    return isUtf8(text) ? true : wrong("not UTF-8");
  }

  bool elements(const ValuePlan& plan, const words::ListView& list) {
    const ValuePlan& element = *plan.element;
    const StructCodec* inlined = plan.shape == Shape::map ? plan.codec : element.codec;
    bool isInline = plan.shape == Shape::map || element.shape == Shape::structure || element.shape == Shape::box ||
                    element.shape == Shape::intOrString;
    if (list.count == 0 || element.shape <= Shape::floating) {
      if (plan.shape == Shape::list) return true;
    }
    words::ElementSize expected = isInline ? words::ElementSize::composite : words::ElementSize::pointer;
    if (list.count > 0 && list.size != expected) return wrong("a list of something else");
    for (uint32_t i = 0; i < list.count; ++i) {
      bool fits = isInline ? structure(*inlined, list.element(i)) && mapValue(plan, list.element(i))
                           : !list.pointer(i) || value(element, list.pointer(i));
      if (!fits) return within("[" + std::to_string(i) + "]");
    }
    return true;
  }

  // What a map's field says of its values is more than their entry does: they may have to be JSON.
  bool mapValue(const ValuePlan& plan, words::StructView entry) {
    if (plan.shape != Shape::map || plan.element->shape <= Shape::floating) return true;
    const uint64_t* pointer = entry.pointer(plan.codec->find("value")->offset);
    return !pointer || value(*plan.element, pointer);
  }

  std::string path_;
  std::string what_;
};

}  // namespace

Result<void> verify(const Kind& kind, Words words) {
  Verifier verifier;
  if (verifier.structure(*kind.codec, words::rootOf(words))) return {};
  return fail(Status::badRequest("the message does not fit " + kind.qualifiedKind() + ": " + verifier.problem));
}

}  // namespace cleat::object
