#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/object/codec.h"
#include "core/object/field_selector.h"

namespace cleat::object {

namespace {

constexpr size_t kMaxSelectorBytes = 64u << 10;

Status invalid(std::string_view text, std::string_view part) {
  return Status::badRequest("invalid selector: '" + std::string(text) + "'; can't understand '" + std::string(part) +
                            "'");
}

// At the next of the characters that no backslash stands before; npos if there is none.
size_t findUnescaped(std::string_view text, std::string_view characters) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (characters.find(text[i]) != std::string_view::npos) {
      return i;
    }
  }
  return std::string_view::npos;
}

// Only a comma, an equals sign and a backslash are ever escaped, and they always are.
Result<std::string> unescaped(std::string_view text) {
  constexpr std::string_view kSpecial = "\\,=";
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      const std::string_view sequence = text.substr(i, 2);
      if (++i == text.size() || !kSpecial.contains(text[i])) {
        return fail(Status::badRequest(concat("invalid field selector: invalid escape sequence: ", sequence)));
      }
    } else if (kSpecial.contains(text[i])) {
      return fail(Status::badRequest(
          concat("invalid field selector: unescaped character in value: ", static_cast<int>(text[i]))));
    }
    out += text[i];
  }
  return out;
}

std::string escape(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\' || c == ',' || c == '=') out += '\\';
    out += c;
  }
  return out;
}

// The field that a selector means by the name; nothing if the kind does not offer it.
std::optional<std::string> fieldOf(const Kind& kind, const std::string& name) {
  if (name == "metadata.name" || name == "metadata.namespace") return name;
  for (std::string_view offered : kind.selectableFields) {
    const size_t equals = offered.find('=');
    if (offered.substr(0, equals) == name) return std::string(offered.substr(equals + 1));
  }
  return std::nullopt;
}

// The text of the field, or of the first of several ("a|b") that has one. A list has none.
std::string firstText(const Object& object, std::string_view field) {
  const Ref<const Message> message = object.message();
  for (;;) {
    const size_t bar = field.find('|');
    std::string text = fieldText(object.kind(), message->words(), field.substr(0, bar));
    if (!text.empty() || bar == std::string_view::npos) return text;
    field.remove_prefix(bar + 1);
  }
}

}  // namespace

Result<FieldSelector> FieldSelector::parse(const Kind& kind, std::string_view text) {
  if (text.size() > kMaxSelectorBytes) {
    return fail(Status::badRequest("the field selector is longer than the limit of " +
                                   std::to_string(kMaxSelectorBytes) + " bytes"));
  }
  FieldSelector selector;
  std::string_view rest = text;
  while (!rest.empty()) {
    size_t comma = findUnescaped(rest, ",");
    std::string_view part = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (part.empty()) continue;
    size_t at = findUnescaped(part, "=");
    if (at == std::string_view::npos) return fail(invalid(text, part));
    Requirement requirement;
    requirement.equal = at == 0 || part[at - 1] != '!';
    std::string_view path = part.substr(0, requirement.equal ? at : at - 1);
    std::string_view value = part.substr(at + 1);
    if (requirement.equal && value.starts_with('=')) value.remove_prefix(1);
    CLEAT_TRY(requirement.value, unescaped(value));
    requirement.path = path;
    std::optional<std::string> field = fieldOf(kind, requirement.path);
    if (!field && !kind.open && kind.selectableFields.empty()) {
      // Kubernetes has two ways to say so, of kinds that offer fields and of those that do not.
      return fail(Status::badRequest("\"" + requirement.path +
                                     "\" is not a known field selector: only \"metadata.name\", "
                                     "\"metadata.namespace\""));
    }
    if (!field) return fail(Status::badRequest("field label not supported: " + requirement.path));
    requirement.field = std::move(*field);
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

bool FieldSelector::matches(const Object& object) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    bool same;
    if (requirement.path == "metadata.name") {
      same = object.name() == requirement.value;
    } else if (requirement.path == "metadata.namespace") {
      same = object.ns() == requirement.value;
    } else {
      same = firstText(object, requirement.field) == requirement.value;
    }
    return same == requirement.equal;
  });
}

const std::string* FieldSelector::exactValue(std::string_view path) const {
  for (const Requirement& requirement : requirements_) {
    if (requirement.equal && requirement.path == path) return &requirement.value;
  }
  return nullptr;
}

std::string FieldSelector::text() const {
  std::string out;
  for (const Requirement& requirement : requirements_) {
    if (!out.empty()) out += ',';
    out += requirement.path + (requirement.equal ? "=" : "!=") + escape(requirement.value);
  }
  return out;
}

std::vector<SelectorRequirement> FieldSelector::requirements() const {
  std::vector<SelectorRequirement> all;
  for (const Requirement& requirement : requirements_) {
    all.push_back({requirement.path, requirement.equal ? "In" : "NotIn", {requirement.value}});
  }
  return all;
}

}  // namespace cleat::object
