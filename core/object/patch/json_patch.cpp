// JSON patch (RFC 6902).
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "core/object/json/json_text.h"
#include "core/object/patch/patch.h"

namespace cleat::object {

namespace {

namespace json = boost::json;

constexpr size_t kMaxOperations = 10'000;
constexpr size_t kMaxDepth = 500;
// What all copies and moves of a patch may carry together: each copy could double the document.
constexpr size_t kMaxCopiedBytes = 3u << 20;

Status unprocessable(const std::string& why) {
  Status status;
  status.code = 422;
  status.reason = "Invalid";
  status.message = "the server rejected our request due to an error in our request: " + why;
  return status;
}

// As the parser counts, to which what has been patched comes back: an empty list is one level as well.
size_t depthOf(const json::value& value) {
  size_t deepest = 0;
  if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) deepest = std::max(deepest, depthOf(member.value()));
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) deepest = std::max(deepest, depthOf(element));
  }
  return deepest + (value.is_structured() ? 1 : 0);
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

json::value* child(json::value& parent, const std::string& token) {
  if (json::object* object = parent.if_object()) return object->if_contains(token);
  json::array* array = parent.if_array();
  std::optional<size_t> index = indexOf(token);
  return array && index && *index < array->size() ? &(*array)[*index] : nullptr;
}

class Patcher {
 public:
  explicit Patcher(const json::value& target) : document_(target) {}

  Result<void> apply(const json::value& operation);
  json::value take() { return std::move(document_); }

 private:
  // What has to be there already; null otherwise.
  json::value* find(const Pointer& pointer, size_t dropLast = 0) {
    json::value* at = &document_;
    for (size_t i = 0; at && i + dropLast < pointer.tokens.size(); ++i) at = child(*at, pointer.tokens[i]);
    return at;
  }

  Result<void> add(const Pointer& pointer, json::value value, const char* name);
  Result<void> remove(const Pointer& pointer, const char* name);
  Result<void> replace(const Pointer& pointer, const json::value& value);
  Result<void> test(const Pointer& pointer, const json::value& value);
  Result<void> carry(const Pointer& from, const Pointer& to, bool isMove);

  static std::unexpected<Status> missing(const char* name, const Pointer& pointer) {
    return fail(unprocessable(std::string(name) + " operation does not apply: doc is missing path: \"" + pointer.text +
                              "\": missing value"));
  }

  json::value document_;
  size_t copied_ = 0;
};

Result<void> Patcher::add(const Pointer& pointer, json::value value, const char* name) {
  if (pointer.tokens.size() + depthOf(value) > kMaxDepth) {
    return fail(
        unprocessable(std::string(name) + " operation nests deeper than the limit of " + std::to_string(kMaxDepth)));
  }
  if (pointer.tokens.empty()) {
    document_ = std::move(value);
    return {};
  }
  json::value* parent = find(pointer, 1);
  const std::string& last = pointer.tokens.back();
  if (parent && parent->is_object()) {
    parent->get_object()[last] = std::move(value);
    return {};
  }
  if (!parent || !parent->is_array()) return missing(name, pointer);
  json::array& array = parent->get_array();
  std::optional<size_t> index = last == "-" ? array.size() : indexOf(last);
  if (!index || *index > array.size()) {
    return fail(unprocessable(std::string(name) + " operation does not apply: doc is missing path: \"" + pointer.text +
                              "\": Unable to access invalid index: " + last + ": invalid index referenced"));
  }
  array.insert(array.begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
  return {};
}

Result<void> Patcher::remove(const Pointer& pointer, const char* name) {
  json::value* parent = pointer.tokens.empty() ? nullptr : find(pointer, 1);
  json::value* target = parent ? child(*parent, pointer.tokens.back()) : nullptr;
  if (!target) return missing(name, pointer);
  if (json::object* object = parent->if_object()) {
    object->erase(pointer.tokens.back());
  } else {
    json::array& array = parent->get_array();
    array.erase(array.begin() + (target - array.data()));
  }
  return {};
}

Result<void> Patcher::replace(const Pointer& pointer, const json::value& value) {
  json::value* target = find(pointer);
  if (!target) return missing("replace", pointer);
  if (pointer.tokens.size() + depthOf(value) > kMaxDepth) {
    return fail(unprocessable("replace operation nests deeper than the limit of " + std::to_string(kMaxDepth)));
  }
  *target = value;
  return {};
}

Result<void> Patcher::test(const Pointer& pointer, const json::value& value) {
  json::value* target = find(pointer);
  // A path that is not there is equal to null.
  bool holds = target ? *target == value : value.is_null();
  if (holds) return {};
  return fail(unprocessable("testing value " + pointer.text + " failed: test failed"));
}

Result<void> Patcher::carry(const Pointer& from, const Pointer& to, bool isMove) {
  const char* name = isMove ? "move" : "copy";
  json::value* source = find(from);
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
  json::value value(*source);
  if (isMove) {
    CLEAT_TRY(remove(from, name));
  }
  return add(to, std::move(value), name);
}

Result<void> Patcher::apply(const json::value& operation) {
  const json::object* object = operation.if_object();
  auto text = [&](const char* name) -> const json::string* {
    const json::value* member = object ? object->if_contains(name) : nullptr;
    return member ? member->if_string() : nullptr;
  };
  const json::string* op = text("op");
  const json::string* path = text("path");
  if (!op || !path)
    return fail(Status::badRequest("every operation of a JSON patch needs \"op\" and \"path\", both texts"));
  std::optional<Pointer> pointer = Pointer::parse(*path);
  if (!pointer) return fail(Status::badRequest("the path \"" + std::string(*path) + "\" does not begin with /"));
  if (*op == "remove") return remove(*pointer, "remove");
  if (*op == "move" || *op == "copy") {
    const json::string* from = text("from");
    std::optional<Pointer> source = from ? Pointer::parse(*from) : std::nullopt;
    if (!source) return fail(Status::badRequest(std::string(*op) + " operation needs \"from\", a path"));
    return carry(*source, *pointer, *op == "move");
  }
  const json::value* value = object->if_contains("value");
  if (*op == "test") return test(*pointer, value ? *value : json::value(nullptr));
  if (*op != "add" && *op != "replace") {
    return fail(Status::badRequest("Unexpected kind: " + std::string(*op)));
  }
  if (!value) return fail(Status::badRequest(std::string(*op) + " operation needs a \"value\""));
  return *op == "add" ? add(*pointer, *value, "add") : replace(*pointer, *value);
}

}  // namespace

Result<json::value> applyJsonPatch(const json::value& target, const json::value& patch) {
  const json::array* operations = patch.if_array();
  if (!operations) return fail(Status::badRequest("a JSON patch must be a list of operations"));
  if (operations->size() > kMaxOperations) {
    return fail(Status::tooLarge("The allowed maximum operations in a JSON patch is " + std::to_string(kMaxOperations) +
                                 ", got " + std::to_string(operations->size())));
  }
  Patcher patcher(target);
  for (const json::value& operation : *operations) {
    CLEAT_TRY(patcher.apply(operation));
  }
  return patcher.take();
}

}  // namespace cleat::object
