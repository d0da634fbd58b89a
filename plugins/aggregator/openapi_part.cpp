#include "aggregator/openapi_part.h"

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include <set>
#include <vector>

namespace cleat::aggregator {
namespace {

constexpr std::string_view kSections[] = {"definitions", "parameters", "responses"};

// The pointers ("#/definitions/NAME") that were met, each once, in that order.
class References {
 public:
  // Those in the value, at whatever depth; the reader of the text has bounded it.
  void findIn(JsonView value) {
    if (!value.isList() && !value.isObject()) return;
    for (JsonView each : value.items()) {
      if (value.isObject() && each.name() == "$ref" && each.isText()) {
        note(each.text());
      } else {
        findIn(each);
      }
    }
  }
  void note(std::string_view pointer) {
    if (known_.insert(pointer).second) found_.push_back(pointer);
  }
  size_t count() const { return found_.size(); }
  std::string_view at(size_t index) const { return found_[index]; }
  bool has(std::string_view pointer) const { return known_.contains(pointer); }

 private:
  std::set<std::string_view> known_;
  std::vector<std::string_view> found_;
};

// What "#/SECTION/NAME" is in the document.
std::optional<JsonView> lookUp(JsonView document, std::string_view pointer) {
  for (std::string_view section : kSections) {
    const std::string prefix = concat("#/", section, "/");
    if (!pointer.starts_with(prefix)) continue;
    const auto members = document.member(section);
    return members ? members->member(pointer.substr(prefix.size())) : std::nullopt;
  }
  return std::nullopt;
}

void appendMember(std::string& out, JsonView member) {
  if (!out.ends_with('{')) out += ',';
  appendJsonText(out, member.name());
  out += ':';
  appendJson(out, member);
}

bool isBelow(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

Result<std::string> openApiPart(std::string_view document, std::string_view prefix) {
  CLEAT_TRY(const JsonTree tree, JsonTree::parse(document));
  const JsonView whole = tree.view();
  const auto version = whole.member("swagger");
  if (!version || version->text() != "2.0") return fail(Status::badRequest("it is no OpenAPI document of version 2.0"));
  References wanted;
  std::string out = R"({"swagger":"2.0","paths":{)";
  const size_t empty = out.size();
  if (const auto paths = whole.member("paths")) {
    for (JsonView path : paths->items()) {
      if (!isBelow(path.name(), prefix)) continue;
      appendMember(out, path);
      wanted.findIn(path);
    }
  }
  if (out.size() == empty) return std::string();
  // It grows while it is gone through: what is named may name more.
  for (size_t i = 0; i < wanted.count(); ++i) {
    if (const auto named = lookUp(whole, wanted.at(i))) wanted.findIn(*named);
  }
  out += '}';
  for (std::string_view section : kSections) {
    const auto members = whole.member(section);
    if (!members) continue;
    out += concat(",\"", section, "\":{");
    for (JsonView member : members->items()) {
      if (wanted.has(concat("#/", section, "/", member.name()))) appendMember(out, member);
    }
    out += '}';
  }
  out += '}';
  return out;
}

}  // namespace cleat::aggregator
