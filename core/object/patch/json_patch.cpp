// JSON patch (RFC 6902).
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "core/object/json/json_text.h"
#include "core/object/patch/patch.h"

namespace cleat::object {

namespace {

constexpr size_t kMaxOperations = 10'000;
// What all copies and moves of a patch may carry together: each copy could double the document.
constexpr size_t kMaxCopiedBytes = 3u << 20;

Status unprocessable(const std::string& why) {
  Status status;
  status.code = 422;
  status.reason = "Invalid";
  status.message = "the server rejected our request due to an error in our request: " + why;
  return status;
}

// The path of an operation, taken apart.
struct Pointer {
  std::string text;
  std::vector<std::string> tokens;

  static std::optional<Pointer> parse(std::string_view text) {
    Pointer out{std::string(text), {}};
    if (!text.empty() && text[0] != '/') return std::nullopt;
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

std::optional<size_t> indexOf(const std::string& token) {
  size_t index = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  bool leadingZero = token.size() > 1 && token[0] == '0';
  if (token.empty() || leadingZero || error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  return index;
}

class Patcher {
 public:
  Patcher(PatchTree& tree, JsonNode& document) : tree_(tree), document_(document) {}

  Result<void> apply(const JsonNode& operation);

 private:
  JsonNode* child(JsonNode& parent, const std::string& token) {
    if (tree_.open(parent).isObject()) return tree_.find(parent, token);
    const std::optional<size_t> index = parent.isArray() ? indexOf(token) : std::nullopt;
    return index && *index < parent.count ? &parent.elements[*index] : nullptr;
  }
  // What has to be there already; null otherwise.
  JsonNode* find(const Pointer& pointer, size_t dropLast = 0) {
    JsonNode* at = &document_;
    for (size_t i = 0; at && i + dropLast < pointer.tokens.size(); ++i) at = child(*at, pointer.tokens[i]);
    return at;
  }

  // `value` belongs to the document by now.
  Result<void> add(const Pointer& pointer, JsonNode value, const char* name);
  Result<void> remove(const Pointer& pointer, const char* name);
  Result<void> replace(const Pointer& pointer, const JsonNode& value);
  Result<void> test(const Pointer& pointer, const JsonNode& value);
  Result<void> carry(const Pointer& from, const Pointer& to, bool isMove);

  static std::unexpected<Status> missing(const char* name, const Pointer& pointer) {
    return fail(unprocessable(std::string(name) + " operation does not apply: doc is missing path: \"" + pointer.text +
                              "\": missing value"));
  }

  PatchTree& tree_;
  JsonNode& document_;
  size_t copied_ = 0;
};

Result<void> Patcher::add(const Pointer& pointer, JsonNode value, const char* name) {
  if (pointer.tokens.size() + PatchTree::depthOf(value) > kMaxPatchDepth) {
    return fail(unprocessable(std::string(name) + " operation nests deeper than the limit of " +
                              std::to_string(kMaxPatchDepth)));
  }
  if (pointer.tokens.empty()) {
    document_ = value;
    return {};
  }
  JsonNode* parent = find(pointer, 1);
  const std::string& last = pointer.tokens.back();
  if (parent && tree_.open(*parent).isObject()) {
    tree_.at(*parent, tree_.arena().keep(last)) = value;
    return {};
  }
  if (!parent || !parent->isArray()) return missing(name, pointer);
  std::optional<size_t> index = last == "-" ? parent->count : indexOf(last);
  if (!index || *index > parent->count) {
    return fail(unprocessable(std::string(name) + " operation does not apply: doc is missing path: \"" + pointer.text +
                              "\": Unable to access invalid index: " + last + ": invalid index referenced"));
  }
  tree_.insert(*parent, static_cast<uint32_t>(*index), value);
  return {};
}

Result<void> Patcher::remove(const Pointer& pointer, const char* name) {
  JsonNode* parent = pointer.tokens.empty() ? nullptr : find(pointer, 1);
  JsonNode* target = parent ? child(*parent, pointer.tokens.back()) : nullptr;
  if (!target) return missing(name, pointer);
  if (parent->isObject()) {
    tree_.erase(*parent, pointer.tokens.back());
  } else {
    PatchTree::remove(*parent, static_cast<uint32_t>(target - parent->elements));
  }
  return {};
}

Result<void> Patcher::replace(const Pointer& pointer, const JsonNode& value) {
  JsonNode* target = find(pointer);
  if (!target) return missing("replace", pointer);
  if (pointer.tokens.size() + PatchTree::depthOf(value) > kMaxPatchDepth) {
    return fail(unprocessable("replace operation nests deeper than the limit of " + std::to_string(kMaxPatchDepth)));
  }
  *target = tree_.clone(value);
  return {};
}

Result<void> Patcher::test(const Pointer& pointer, const JsonNode& value) {
  JsonNode* target = find(pointer);
  // A path that is not there is equal to null.
  bool holds = target ? PatchTree::same(*target, value) : value.isNull();
  if (holds) return {};
  return fail(unprocessable("testing value " + pointer.text + " failed: test failed"));
}

Result<void> Patcher::carry(const Pointer& from, const Pointer& to, bool isMove) {
  const char* name = isMove ? "move" : "copy";
  JsonNode* source = find(from);
  if (!source) return missing(name, from);
  if (isMove && to.startsWith(from) && to.tokens.size() > from.tokens.size()) {
    return fail(unprocessable("move operation does not apply: \"" + from.text + "\" cannot be moved into itself"));
  }
  copied_ += jsonText(*source).size();
  if (copied_ > kMaxCopiedBytes) {
    return fail(unprocessable("Unable to complete the " + std::string(name) +
                              ", the accumulated size increase of copy is " + std::to_string(copied_) +
                              ", exceeding the limit " + std::to_string(kMaxCopiedBytes)));
  }
  JsonNode value = isMove ? *source : tree_.clone(*source);
  if (isMove) {
    CLEAT_TRY(remove(from, name));
  }
  return add(to, value, name);
}

Result<void> Patcher::apply(const JsonNode& operation) {
  auto text = [&](const char* name) -> std::optional<std::string_view> {
    const JsonNode* member = operation.find(name);
    return member && member->isText() ? std::optional(member->text()) : std::nullopt;
  };
  const std::optional<std::string_view> op = text("op"), path = text("path");
  if (!op || !path) return fail(unprocessable("every operation of a JSON patch needs \"op\" and \"path\", both texts"));
  std::optional<Pointer> pointer = Pointer::parse(*path);
  if (!pointer) return fail(unprocessable("the path \"" + std::string(*path) + "\" does not begin with /"));
  if (*op == "remove") return remove(*pointer, "remove");
  if (*op == "move" || *op == "copy") {
    const std::optional<std::string_view> from = text("from");
    std::optional<Pointer> source = from ? Pointer::parse(*from) : std::nullopt;
    if (!source) return fail(unprocessable(std::string(*op) + " operation needs \"from\", a path"));
    return carry(*source, *pointer, *op == "move");
  }
  const JsonNode* value = operation.find("value");
  if (*op == "test") return test(*pointer, value ? *value : JsonNode());
  if (*op != "add" && *op != "replace") {
    return fail(unprocessable("Unexpected kind: " + std::string(*op)));
  }
  if (!value) return fail(unprocessable(std::string(*op) + " operation needs a \"value\""));
  return *op == "add" ? add(*pointer, tree_.clone(*value), "add") : replace(*pointer, *value);
}

}  // namespace

Result<void> applyJsonPatch(PatchTree& tree, JsonNode& target, const JsonNode& patch) {
  if (!patch.isArray()) return fail(Status::badRequest("a JSON patch must be a list of operations"));
  if (patch.count > kMaxOperations) {
    return fail(Status::tooLarge("The allowed maximum operations in a JSON patch is " + std::to_string(kMaxOperations) +
                                 ", got " + std::to_string(patch.count)));
  }
  if (!std::ranges::all_of(patch.list(), &JsonNode::isObject)) {
    return fail(Status::badRequest("every operation of a JSON patch must be an object"));
  }
  Patcher patcher(tree, target);
  for (const JsonNode& operation : patch.list()) {
    CLEAT_TRY(patcher.apply(operation));
  }
  return {};
}

}  // namespace cleat::object
