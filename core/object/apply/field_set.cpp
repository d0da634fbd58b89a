#include "core/object/apply/field_set.h"

#include <boost/json/object.hpp>

#include "core/object/codec.h"
#include "core/object/json/json_text.h"

namespace cleat::object {

namespace {

namespace json = boost::json;

bool fill(FieldSet& set, const json::value& value, size_t depth) {
  const json::object* object = value.if_object();
  if (!object || depth > kMaxFieldSetDepth) return false;
  if (object->empty()) set.member = true;
  for (const auto& [name, below] : *object) {
    if (name == ".") {
      set.member = true;
    } else if (!isFieldStep(name) || !fill(set.at(name), below, depth + 1)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string shownStep(std::string_view step) {
  std::string_view rest = step.substr(2);
  switch (step[0]) {
    case 'f': return "." + std::string(rest);
    case 'v': return "[=" + std::string(rest) + "]";
    case 'i': return "[" + std::string(rest) + "]";
    default: break;
  }
  std::string keys;
  Result<json::value> parsed = parseJson(rest);
  if (parsed && parsed->is_object()) {
    for (const auto& [name, value] : parsed->get_object()) {
      keys += (keys.empty() ? "" : ",") + std::string(name) + "=" + jsonText(value);
    }
  }
  return "[" + keys + "]";
}

namespace {

// A step can be as long as a body, and is part of the path of whatever is below it: not more than an answer can hold.
constexpr size_t kMaxPathBytes = 8u << 20;

void collect(const FieldSet& set, const std::string& path, std::vector<std::string>& out, size_t& bytes) {
  if (set.member) {
    out.push_back(path);
    bytes += path.size();
  }
  for (const auto& [step, below] : set.children) {
    if (bytes >= kMaxPathBytes) return;
    collect(below, path + shownStep(step), out, bytes);
  }
}

}  // namespace

bool isFieldStep(std::string_view text) {
  return text.size() >= 2 && text[1] == ':' && std::string_view("fkvi").find(text[0]) != std::string_view::npos;
}

Result<FieldSet> FieldSet::parse(const json::value& fieldsV1) {
  FieldSet set;
  if (!fill(set, fieldsV1, 0)) return fail(Status::badRequest("fieldsV1 is malformed"));
  set.member = false;
  set.tidy();
  return set;
}

bool FieldSet::empty() const {
  if (member) return false;
  for (const auto& [step, below] : children) {
    if (!below.empty()) return false;
  }
  return true;
}

bool FieldSet::covers(const FieldSet& other) const {
  if (other.member && !member) return false;
  for (const auto& [step, below] : other.children) {
    const FieldSet* match = find(step);
    if (match ? !match->covers(below) : !below.empty()) return false;
  }
  return true;
}

const FieldSet* FieldSet::find(std::string_view step) const {
  auto it = children.find(step);
  return it == children.end() ? nullptr : &it->second;
}

void FieldSet::unite(const FieldSet& other) {
  member |= other.member;
  for (const auto& [step, below] : other.children) at(step).unite(below);
}

void FieldSet::remove(const FieldSet& other) {
  if (other.member) member = false;
  for (const auto& [step, below] : other.children) {
    if (auto it = children.find(step); it != children.end()) it->second.remove(below);
  }
  tidy();
}

FieldSet FieldSet::common(const FieldSet& other) const {
  FieldSet out;
  out.member = member && other.member;
  for (const auto& [step, below] : children) {
    if (const FieldSet* match = other.find(step)) out.at(step) = below.common(*match);
  }
  out.tidy();
  return out;
}

void FieldSet::tidy() {
  for (auto& [step, below] : children) below.tidy();
  std::erase_if(children, [](const auto& child) { return !child.second.member && child.second.children.empty(); });
}

std::vector<std::string> FieldSet::paths() const {
  std::vector<std::string> out;
  size_t bytes = 0;
  collect(*this, "", out, bytes);
  return out;
}

}  // namespace cleat::object
