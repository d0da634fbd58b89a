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

  bool structure(const StructCodec& codec, words::StructView view, const words::StructView* known) {
    for (const FieldPlan& field : codec.fields()) {
      if (field.value.shape <= Shape::floating) continue;
      const bool isOfUnion = field.discriminant != 0xffff;
      if (isOfUnion && view.scalar<uint16_t>(codec.discriminantOffset()) != field.discriminant) continue;
      const uint64_t* pointer = view.pointer(field.offset);
      // What else the union may hold has another type.
      const bool isThere =
          !isOfUnion || (known && known->scalar<uint16_t>(codec.discriminantOffset()) == field.discriminant);
      const uint64_t* was = known && isThere ? known->pointer(field.offset) : nullptr;
      if (pointer && !value(field.value, pointer, was)) return within(field.name);
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

  // `known`: what stands in its place where that is known to fit; null: nothing.
  bool value(const ValuePlan& plan, const uint64_t* pointer, const uint64_t* known) {
    switch (plan.shape) {
      case Shape::structure:
      case Shape::box:
      case Shape::intOrString: {
        std::optional<words::StructView> view = words::structAt(pointer);
        const auto was = known ? words::structAt(known) : std::nullopt;
        return view ? structure(*plan.codec, *view, was ? &*was : nullptr) : wrong("not a struct");
      }
      case Shape::list:
      case Shape::map: {
        std::optional<words::ListView> list = words::listAt(pointer);
        const auto was = known ? words::listAt(known) : std::nullopt;
        return list ? elements(plan, *list, was && was->size == list->size ? &*was : nullptr) : wrong("not a list");
      }
      case Shape::data: return words::bytesAt(pointer) ? true : wrong("not bytes");
      default: return text(plan, pointer, known);
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
    return !pointer || text(kText, pointer, nullptr);
  }

  bool text(const ValuePlan& plan, const uint64_t* pointer, const uint64_t* known) {
    std::optional<std::string_view> bytes = words::bytesAt(pointer);
    if (!bytes || bytes->empty() || bytes->back() != '\0') return wrong("not a text");
    if (known && words::bytesAt(known) == bytes) return true;
    std::string_view text = bytes->substr(0, bytes->size() - 1);
    if (plan.shape == Shape::json && !text.empty() && !isJson(text)) return wrong("not JSON");
    return isUtf8(text) ? true : wrong("not UTF-8");
  }

  bool elements(const ValuePlan& plan, const words::ListView& list, const words::ListView* known) {
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
      const bool isThere = known && i < known->count;
      bool fits = true;
      if (isInline) {
        const auto was = isThere ? std::optional(known->element(i)) : std::nullopt;
        fits = structure(*inlined, list.element(i), was ? &*was : nullptr) && mapValue(plan, list.element(i), was);
      } else if (const uint64_t* pointer = list.pointer(i)) {
        fits = value(element, pointer, isThere ? known->pointer(i) : nullptr);
      }
      if (!fits) return within("[" + std::to_string(i) + "]");
    }
    return true;
  }

  // What a map's field says of its values is more than their entry does: they may have to be JSON.
  bool mapValue(const ValuePlan& plan, words::StructView entry, const std::optional<words::StructView>& known) {
    if (plan.shape != Shape::map || plan.element->shape <= Shape::floating) return true;
    const uint32_t place = plan.codec->find("value")->offset;
    const uint64_t* pointer = entry.pointer(place);
    return !pointer || value(*plan.element, pointer, known ? known->pointer(place) : nullptr);
  }

  std::string path_;
  std::string what_;
};

}  // namespace

Result<void> verify(const Kind& kind, Words words, Words known) {
  Verifier verifier;
  const auto was = known.empty() ? std::nullopt : std::optional(words::rootOf(known));
  if (verifier.structure(*kind.codec, words::rootOf(words), was ? &*was : nullptr)) return {};
  return fail(Status::badRequest("the message does not fit " + kind.qualifiedKind() + ": " + verifier.problem));
}

}  // namespace cleat::object
