// JSON patch (RFC 6902), with the liberties that Kubernetes takes.
#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "core/object/json/go_text.h"
#include "core/object/json/json_text.h"
#include "core/object/patch/patch.h"

namespace cleat::object {

namespace {

constexpr size_t kMaxOperations = 10'000;
// What all copies and moves of a patch may carry together: each copy could double the document.
constexpr size_t kMaxCopiedBytes = 3u << 20;

// What Kubernetes says of a patch that cannot be carried out, whatever the reason.
std::unexpected<Status> rejected() {
  Status status;
  status.code = 422;
  status.reason = "Invalid";
  status.message = "the server rejected our request due to an error in our request";
  return fail(status);
}

// Of what is carried out as far as limits of the server's own allow it.
std::unexpected<Status> beyond(std::string_view why) {
  std::unexpected<Status> refused = rejected();
  refused.error().message += concat(": ", why);
  return refused;
}

std::unexpected<Status> nestedDeeper(std::string_view operation) {
  return beyond(concat(operation, " operation nests deeper than the limit of ", kMaxPatchDepth));
}

// The path of an operation, taken apart. As in Kubernetes what stands before the first slash is passed over.
struct Pointer {
  std::vector<std::string> tokens = {};

  static std::optional<Pointer> parse(std::string_view text) {
    Pointer out;
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos && !text.empty()) return std::nullopt;
    text.remove_prefix(std::min(slash, text.size()));
    while (!text.empty()) {
      text.remove_prefix(1);
      std::string_view raw = text.substr(0, text.find('/'));
      text.remove_prefix(raw.size());
      std::string token;
      for (size_t i = 0; i < raw.size(); ++i) {
        bool escaped = raw[i] == '~' && i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1');
        token += !escaped ? raw[i] : raw[++i] == '0' ? '~' : '/';
      }
      out.tokens.push_back(std::move(token));
    }
    return out;
  }
  bool startsWith(const Pointer& other) const {
    return tokens.size() >= other.tokens.size() && std::equal(other.tokens.begin(), other.tokens.end(), tokens.begin());
  }
};

// The place in an array of `count` elements that a token names: negative ones count from behind, as Kubernetes has it.
std::optional<uint32_t> indexOf(std::string_view token, uint32_t count) {
  if (token.starts_with('+')) token.remove_prefix(1);
  int64_t index = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (token.empty() || error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  if (index < 0) index += count;
  return index >= 0 && index < count ? std::optional(static_cast<uint32_t>(index)) : std::nullopt;
}

class Patcher {
 public:
  Patcher(PatchTree& tree, JsonNode& document) : tree_(tree), document_(document) {}

  Result<void> apply(const JsonNode& operation);

 private:
  JsonNode* child(JsonNode& parent, const std::string& token) {
    if (tree_.open(parent).isObject()) return tree_.find(parent, token);
    const auto index = parent.isArray() ? indexOf(token, parent.count) : std::nullopt;
    return index ? &parent.elements[*index] : nullptr;
  }
  // What has the path's last token in it, an object or an array; null: there is none.
  JsonNode* holder(const Pointer& pointer) {
    if (pointer.tokens.empty()) return nullptr;
    JsonNode* at = &document_;
    for (size_t i = 0; at && i + 1 < pointer.tokens.size(); ++i) at = child(*at, pointer.tokens[i]);
    return at && (tree_.open(*at).isObject() || at->isArray()) ? at : nullptr;
  }

  // `value` belongs to the document by now.
  Result<void> add(const Pointer& pointer, JsonNode value);
  Result<void> remove(const Pointer& pointer);
  Result<void> replace(const Pointer& pointer, const JsonNode& value);
  Result<void> test(const Pointer& pointer, const JsonNode& value);
  Result<void> carry(const Pointer& from, const Pointer& to, bool isMove);

  PatchTree& tree_;
  JsonNode& document_;
  size_t copied_ = 0;
};

Result<void> Patcher::add(const Pointer& pointer, JsonNode value) {
  if (pointer.tokens.size() + PatchTree::depthOf(value) > kMaxPatchDepth) return nestedDeeper("add");
  JsonNode* parent = holder(pointer);
  if (!parent) return rejected();
  const std::string& last = pointer.tokens.back();
  if (parent->isObject()) {
    tree_.at(*parent, tree_.arena().keep(last)) = value;
    return {};
  }
  // Behind the last one is a place as well.
  const auto index = last == "-" ? parent->count : indexOf(last, parent->count + 1);
  if (!index) return rejected();
  tree_.insert(*parent, *index, value);
  return {};
}

Result<void> Patcher::remove(const Pointer& pointer) {
  JsonNode* parent = holder(pointer);
  JsonNode* target = parent ? child(*parent, pointer.tokens.back()) : nullptr;
  if (!target) return rejected();
  if (parent->isObject()) {
    tree_.erase(*parent, pointer.tokens.back());
  } else {
    PatchTree::remove(*parent, static_cast<uint32_t>(target - parent->elements));
  }
  return {};
}

// A member that is not there is added, as Kubernetes does; only the whole document has to stay an object or a list.
Result<void> Patcher::replace(const Pointer& pointer, const JsonNode& value) {
  if (pointer.tokens.size() + PatchTree::depthOf(value) > kMaxPatchDepth) return nestedDeeper("replace");
  if (pointer.tokens.empty()) {
    if (!value.isObject() && !value.isArray()) return rejected();
    document_ = tree_.clone(value);
    return {};
  }
  JsonNode* parent = holder(pointer);
  if (!parent) return rejected();
  if (parent->isObject()) return add(pointer, tree_.clone(value));
  JsonNode* target = child(*parent, pointer.tokens.back());
  if (!target) return rejected();
  *target = tree_.clone(value);
  return {};
}

Result<void> Patcher::test(const Pointer& pointer, const JsonNode& value) {
  JsonNode* parent = holder(pointer);
  if (!parent && !pointer.tokens.empty()) return rejected();
  JsonNode* target = parent ? child(*parent, pointer.tokens.back()) : &document_;
  // A member that is not there is equal to null, an element is not.
  const bool holds = target ? PatchTree::same(*target, value) : value.isNull() && parent->isObject();
  if (!holds) return rejected();
  return {};
}

// A member that is not there is copied as null.
Result<void> Patcher::carry(const Pointer& from, const Pointer& to, bool isMove) {
  JsonNode* parent = holder(from);
  JsonNode* source = parent ? child(*parent, from.tokens.back()) : nullptr;
  if (!parent || (!source && (isMove || parent->isArray()))) return rejected();
  if (isMove && to.startsWith(from) && to.tokens.size() > from.tokens.size()) return rejected();
  if (!source) return add(to, JsonNode());
  copied_ += jsonText(*source).size();
  if (copied_ > kMaxCopiedBytes) {
    return beyond(concat("Unable to complete the copy, the accumulated size increase of copy is ", copied_,
                         ", exceeding the limit ", kMaxCopiedBytes));
  }
  JsonNode value = isMove ? *source : tree_.clone(*source);
  if (isMove) {
    CLEAT_TRY(remove(from));
  }
  return add(to, value);
}

// What its members are has been looked at before.
Result<void> Patcher::apply(const JsonNode& operation) {
  const std::string_view op = operation.textMember("op");
  const JsonNode* path = operation.find("path");
  const std::optional<Pointer> pointer = path && path->isText() ? Pointer::parse(path->text()) : std::nullopt;
  if (!pointer) return rejected();
  if (op == "remove") return remove(*pointer);
  if (op == "move" || op == "copy") {
    const JsonNode* from = operation.find("from");
    const std::optional<Pointer> source = from && from->isText() ? Pointer::parse(from->text()) : std::nullopt;
    if (!source) return rejected();
    return carry(*source, *pointer, op == "move");
  }
  const JsonNode* said = operation.find("value");
  const JsonNode value = said ? *said : JsonNode();
  if (op == "test") return test(*pointer, value);
  if (op == "replace") return replace(*pointer, value);
  return op == "add" ? add(*pointer, tree_.clone(value)) : rejected();
}

std::unexpected<Status> undecodable(const JsonNode& found, std::string_view where) {
  return fail(
      Status::badRequest(concat("error decoding patch: json: cannot unmarshal ", goTypeOf(found), " into Go ", where)));
}

// Kubernetes reads the operations into structs of its own before it applies them; nulls in them say nothing.
Result<void> checkOperations(const JsonNode& patch) {
  if (!patch.isArray()) return undecodable(patch, "value of type []handlers.jsonPatchOp");
  for (const JsonNode& operation : patch.list()) {
    if (operation.isNull()) continue;
    if (!operation.isObject()) return undecodable(operation, "value of type handlers.jsonPatchOp");
    for (const std::string_view name : {"op", "path", "from"}) {
      const JsonNode* member = operation.find(name);
      if (!member || member->isNull() || member->isText()) continue;
      return undecodable(*member, concat("struct field jsonPatchOp.", name, " of type string"));
    }
  }
  if (patch.count <= kMaxOperations) return {};
  return fail(Status::tooLarge(concat("Request entity too large: The allowed maximum operations in a JSON patch is ",
                                      kMaxOperations, ", got ", patch.count)));
}

}  // namespace

Result<void> applyJsonPatch(PatchTree& tree, JsonNode& target, const JsonNode& patch) {
  if (patch.isNull()) return {};
  CLEAT_TRY(checkOperations(patch));
  Patcher patcher(tree, target);
  for (const JsonNode& operation : patch.list()) {
    CLEAT_TRY(patcher.apply(operation));
  }
  return {};
}

}  // namespace cleat::object
