#include "policy-common/json_patch.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <optional>

#include "policy-common/object_document.h"

namespace cleat::policy {

namespace {

constexpr size_t kMostNodes = 1'000'000;
// Of values in each other: a copy of a value into itself makes it twice as deep.
constexpr size_t kDeepest = 500;

std::unexpected<Status> refused(const std::string& why) { return fail(Status::badRequest("JSON Patch: " + why)); }

Result<std::vector<std::string>> stepsOf(std::string_view pointer) {
  std::vector<std::string> steps;
  if (pointer.empty()) return steps;
  if (pointer.front() != '/') return refused(concat("path \"", pointer, "\" does not begin with /"));
  for (char c : pointer) {
    if (c == '/') {
      steps.emplace_back();
    } else {
      steps.back() += c;
    }
  }
  for (std::string& step : steps) {
    for (size_t at = step.find('~'); at != std::string::npos; at = step.find('~', at + 1)) {
      const char code = at + 1 < step.size() ? step[at + 1] : '\0';
      if (code != '0' && code != '1') return refused(concat("path \"", pointer, "\" has a wrong escape"));
      step.replace(at, 2, code == '0' ? "~" : "/");
    }
  }
  return steps;
}

// The place in a list that a step names; `isNew`: the one behind the last too.
std::optional<size_t> indexIn(const Document& list, const std::string& step, bool isNew) {
  if (isNew && step == "-") return list.items.size();
  const bool leadingZero = step.size() > 1 && step[0] == '0';
  auto index = parseInteger<uint32_t>(step);
  if (!index || leadingZero || *index > list.items.size() || (!isNew && *index == list.items.size()))
    return std::nullopt;
  return *index;
}

Document* childOf(Document& parent, const std::string& step) {
  open(parent);
  if (parent.isObject()) return parent.find(step);
  if (!parent.isList()) return nullptr;
  auto index = indexIn(parent, step, false);
  return index ? &parent.items[*index] : nullptr;
}

size_t nodesOf(const Document& document) {
  size_t count = 1;
  for (const Document& item : document.items) count += nodesOf(item);
  return count;
}

size_t depthOf(const Document& document) {
  size_t deepest = 0;
  for (const Document& item : document.items) deepest = std::max(deepest, depthOf(item));
  return deepest + 1;
}

class Patching {
 public:
  explicit Patching(Document& document) : document_(document) {}

  Result<void> apply(const Document& operation) {
    const std::string op = textOf(operation, "op"), path = textOf(operation, "path");
    const Document* value = operation.find("value");
    static const Document kNull;
    if (op == "add" || op == "replace" || op == "test") {
      const Document& given = value ? *value : kNull;
      nodes_ += nodesOf(given);
      if (nodes_ > kMostNodes) return refused("it makes the object too large");
      if (op == "add") return add(path, given);
      return op == "replace" ? replace(path, given) : test(path, given);
    }
    if (op == "remove") return remove(path);
    if (op != "move" && op != "copy") return refused(concat("unknown operation \"", op, "\""));
    CLEAT_TRY(Document * source, at(textOf(operation, "from")));
    openWhole(*source);
    Document moved = *source;
    nodes_ += nodesOf(moved);
    if (nodes_ > kMostNodes) return refused("it makes the object too large");
    if (op == "move") CLEAT_TRY(remove(textOf(operation, "from")));
    return add(path, std::move(moved));
  }

 private:
  static std::string textOf(const Document& operation, std::string_view name) {
    const Document* found = operation.find(name);
    return found ? found->text : "";
  }

  Result<Document*> at(std::string_view path) {
    CLEAT_TRY(auto steps, stepsOf(path));
    Document* found = &document_;
    for (const std::string& step : steps) {
      found = childOf(*found, step);
      if (!found) return refused(concat("path \"", path, "\" does not exist"));
    }
    return found;
  }

  // The parent, and the step from it.
  Result<std::pair<Document*, std::string>> parentOf(std::string_view path) {
    CLEAT_TRY(auto steps, stepsOf(path));
    if (steps.empty()) return refused("the whole object cannot be the target");
    Document* parent = &document_;
    for (size_t i = 0; i + 1 < steps.size(); ++i) {
      parent = childOf(*parent, steps[i]);
      if (!parent) return refused(concat("path \"", path, "\" does not exist"));
    }
    open(*parent);
    return std::pair(parent, steps.back());
  }

  static Result<void> checkDepth(std::string_view path, const Document& value) {
    const auto steps = static_cast<size_t>(std::ranges::count(path, '/'));
    if (steps + depthOf(value) > kDeepest) return refused("it makes the object too deep");
    return {};
  }

  Result<void> add(std::string_view path, Document value) {
    CLEAT_TRY(checkDepth(path, value));
    CLEAT_TRY(auto target, parentOf(path));
    auto& [parent, step] = target;
    if (parent->isObject()) {
      parent->set(step, std::move(value));
      return {};
    }
    auto index = parent->isList() ? indexIn(*parent, step, true) : std::nullopt;
    if (!index) return refused(concat("path \"", path, "\" does not exist"));
    parent->items.insert(parent->items.begin() + static_cast<ptrdiff_t>(*index), std::move(value));
    return {};
  }

  Result<void> replace(std::string_view path, Document value) {
    CLEAT_TRY(checkDepth(path, value));
    CLEAT_TRY(Document * found, at(path));
    *found = std::move(value);
    return {};
  }

  // A member that is not there is another value; where what it would be in is not there, nothing can be tested.
  Result<void> test(std::string_view path, const Document& value) {
    if (path.empty()) return tested(document_, path, value);
    CLEAT_TRY(auto target, parentOf(path));
    Document* found = childOf(*target.first, target.second);
    return found ? tested(*found, path, value) : failedTest(concat("testing path ", path, " failed"));
  }
  static Result<void> tested(Document& found, std::string_view path, const Document& value) {
    openWhole(found);
    return found == value ? Result<void>() : failedTest(concat("testing value ", path, " failed"));
  }
  static Result<void> failedTest(const std::string& what) {
    Result<void> failed = refused(what);
    failed.error().reason = kTestFailed;
    return failed;
  }

  Result<void> remove(std::string_view path) {
    CLEAT_TRY(auto target, parentOf(path));
    auto& [parent, step] = target;
    if (parent->isObject() && parent->erase(step)) return {};
    auto index = parent->isList() ? indexIn(*parent, step, false) : std::nullopt;
    if (!index) return refused(concat("unable to remove nonexistent key: ", path));
    parent->items.erase(parent->items.begin() + static_cast<ptrdiff_t>(*index));
    return {};
  }

  Document& document_;
  size_t nodes_ = 0;
};

}  // namespace

Result<void> applyJsonPatch(Document& document, const Document& operations) {
  Patching patching(document);
  for (const Document& operation : operations.items) CLEAT_TRY(patching.apply(operation));
  return {};
}

}  // namespace cleat::policy
