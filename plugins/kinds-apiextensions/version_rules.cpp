#include "kinds-apiextensions/version_rules.h"

#include <algorithm>
#include <array>
#include <expected>
#include <set>

#include "kinds-apiextensions/schema_json.h"
#include "kinds-apiextensions/schema_rules.h"
#include "kinds-common/kind_table.h"

namespace cleat::kinds::extensions {

namespace {

using Version = apiextensions_v1::CustomResourceDefinitionVersion::Reader;
using Schema = apiextensions_v1::JSONSchemaProps::Reader;
using ColumnReader = apiextensions_v1::CustomResourceColumnDefinition::Reader;

constexpr size_t kMaxSelectableFields = 8;
constexpr size_t kMaxWarning = 256;
// What the server takes of a kind; a definition that comes in protobuf can be shorter than its JSON.
constexpr size_t kMaxSchema = 3u << 20;

// How many bytes the character at the start of `text` takes, as UTF-8 says; 0 where it is no UTF-8.
size_t characterSize(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xc2 ? 0 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if (size == 0 || size > text.size() || byte(0) > 0xf4) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

// What is wrong with the characters of a warning, which goes into a header of every answer.
std::string wrongCharacter(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t size = characterSize(text.substr(at));
    if (size == 0) return "must only contain printable UTF-8 characters";
    const auto first = static_cast<unsigned char>(text[at]);
    const bool control =
        first < 0x20 || first == 0x7f || (first == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0);
    if (control) {
      return concat("must only contain printable UTF-8 characters; non-printable character found at index ", at);
    }
    at += size;
  }
  return {};
}

void checkWarning(Version version, const Path& path, Findings& findings) {
  if (!version.hasDeprecationWarning()) return;
  const std::string_view warning = view(version.getDeprecationWarning());
  std::vector<std::string> wrongs;
  if (!version.getDeprecated()) {
    wrongs.emplace_back("can only be set for deprecated versions");
  } else {
    if (warning.size() > kMaxWarning) wrongs.emplace_back("must be <= 256 characters long");
    if (warning.empty()) wrongs.emplace_back("must not be an empty string");
    std::string character = wrongCharacter(warning);
    if (!character.empty()) wrongs.push_back(std::move(character));
  }
  findings.invalidEach(path, Shown::plain(jsonText(warning)), wrongs);
}

bool checkSimplePath(std::string_view text, const Path& path, Findings& findings) {
  if (text.starts_with('.')) return true;
  findings.invalid(path, text, "must be a simple json path starting with .");
  return false;
}

void checkReplicasPath(std::string_view text, std::string_view under, const Path& path, Findings& findings) {
  if (text.empty()) {
    findings.required(path);
  } else if (checkSimplePath(text, path, findings) && !text.starts_with(concat(under, "."))) {
    findings.invalid(path, text, concat("should be a json path under ", under));
  }
}

void checkScale(apiextensions_v1::CustomResourceSubresourceScale::Reader scale, const Path& path, Findings& findings) {
  checkReplicasPath(view(scale.getSpecReplicasPath()), ".spec", path / "specReplicasPath", findings);
  checkReplicasPath(view(scale.getStatusReplicasPath()), ".status", path / "statusReplicasPath", findings);
  const std::string_view selector = view(scale.getLabelSelectorPath());
  const Path selectorPath = path / "labelSelectorPath";
  if (selector.empty() || !checkSimplePath(selector, selectorPath, findings)) return;
  if (!selector.starts_with(".spec.") && !selector.starts_with(".status.")) {
    findings.invalid(selectorPath, selector, "should be a json path under either .spec or .status");
  }
}

void checkColumn(ColumnReader column, const Path& path, Findings& findings) {
  static constexpr std::array<std::string_view, 5> kTypes{"boolean", "date", "integer", "number", "string"};
  static constexpr std::array<std::string_view, 8> kFormats{"byte",  "date",  "date-time", "double",
                                                            "float", "int32", "int64",     "password"};
  static constexpr std::string_view kTypeRule = "must be one of boolean,date,integer,number,string";
  if (column.getName().size() == 0) findings.required(path / "name");
  const std::string_view type = view(column.getType());
  if (type.empty()) {
    findings.required(path / "type", kTypeRule);
  } else if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) {
    findings.invalid(path / "type", type, kTypeRule);
  }
  const std::string_view format = view(column.getFormat());
  if (!format.empty() && std::find(kFormats.begin(), kFormats.end(), format) == kFormats.end()) {
    findings.invalid(path / "format", format, "must be one of byte,date,date-time,double,float,int32,int64,password");
  }
  if (column.getJsonPath().size() == 0) {
    findings.required(path / "JSONPath");
  } else {
    checkSimplePath(view(column.getJsonPath()), path / "JSONPath", findings);
  }
}

// Where a path of names leads in a schema, or why it leads nowhere.
std::expected<Schema, std::string> schemaAt(Schema schema, std::string_view path) {
  while (!path.empty()) {
    if (path.front() == '[') return std::unexpected("array notation is not allowed");
    if (path.front() != '.') return std::unexpected(concat("expected [ or . but got: ", path));
    path.remove_prefix(1);
    if (path.empty()) return std::unexpected("unexpected end of JSON path");
    const std::string_view name = path.substr(0, std::max<size_t>(path.find_first_of(".[]"), 1));
    path.remove_prefix(name.size());
    if (schema.getProperties().size() == 0) {
      auto additional = schema.getAdditionalProperties();
      if (!schema.hasAdditionalProperties() || !additional.isSchema()) {
        return std::unexpected("does not refer to a valid field");
      }
      schema = additional.getSchema();
      continue;
    }
    bool found = false;
    for (auto property : schema.getProperties()) {
      if (view(property.getKey()) != name) continue;
      schema = property.getValue();
      found = true;
      break;
    }
    if (!found) return std::unexpected("does not refer to a valid field");
  }
  return schema;
}

bool isSelectable(Schema schema) {
  const std::string_view type = view(schema.getType());
  return type == "string" || type == "boolean" || type == "integer";
}

void checkSelectableFields(Version version, const Path& path, Findings& findings) {
  std::set<std::string_view> seen;
  auto fields = version.getSelectableFields();
  for (uint32_t i = 0; i < fields.size(); ++i) {
    const Path fieldPath = path[i] / "jsonPath";
    const std::string_view field = view(fields[i].getJsonPath());
    if (field.empty()) {
      findings.required(fieldPath);
      continue;
    }
    std::expected<Schema, std::string> found = schemaAt(version.getSchema().getOpenAPIV3Schema(), field);
    if (!found) {
      findings.invalid(fieldPath, field, concat("is an invalid path: ", found.error()));
      continue;
    }
    if (field == ".metadata" || field.starts_with(".metadata.")) {
      findings.invalid(fieldPath, field, "must not point to fields in metadata");
    }
    if (!isSelectable(*found)) {
      findings.invalid(fieldPath, field,
                       "must point to a field of type string, boolean or integer. Enum string fields and strings with "
                       "formats are allowed.");
    }
    if (!seen.insert(field).second) findings.duplicate(fieldPath, field);
  }
  if (seen.size() > kMaxSelectableFields) findings.tooMany(path, seen.size(), kMaxSelectableFields);
}

void checkSchema(Version version, const Path& path, Findings& findings) {
  if (!version.getSchema().hasOpenAPIV3Schema()) return;
  // Compiled to be checked; what comes of it is made again when the kind is served.
  const Path schema = path / "openAPIV3Schema";
  (void)compileVersion(version, schema, findings);
  if (schemaJson(version.getSchema().getOpenAPIV3Schema()).size() > kMaxSchema) findings.tooLong(schema, kMaxSchema);
}

void checkSubresources(Version version, const Path& path, Findings& findings) {
  if (!version.getSubresources().hasScale()) return;
  checkScale(version.getSubresources().getScale(), path / "scale", findings);
}

void checkColumns(Version version, const Path& path, Findings& findings) {
  auto columns = version.getAdditionalPrinterColumns();
  for (uint32_t i = 0; i < columns.size(); ++i) checkColumn(columns[i], path[i], findings);
}

template <class List>
bool sameList(List a, List b) {
  if (a.size() != b.size()) return false;
  for (uint32_t i = 0; i < a.size(); ++i) {
    if (!sameStruct(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace

AlikeParts alikePartsOf(apiextensions_v1::CustomResourceDefinitionSpec::Reader spec) {
  auto versions = spec.getVersions();
  if (versions.size() == 0) return {};
  Version first = versions[0];
  AlikeParts alike{true, true, true, true};
  for (Version other : versions) {
    alike.schema = alike.schema && sameStruct(first.getSchema(), other.getSchema());
    alike.subresources = alike.subresources && sameStruct(first.getSubresources(), other.getSubresources());
    alike.columns = alike.columns && sameList(first.getAdditionalPrinterColumns(), other.getAdditionalPrinterColumns());
    alike.selectableFields =
        alike.selectableFields && sameList(first.getSelectableFields(), other.getSelectableFields());
  }
  return alike;
}

void checkVersion(Version version, const AlikeParts& alike, const Path& path, Findings& findings) {
  checkWarning(version, path / "deprecationWarning", findings);
  const Path schema = path / "schema";
  if (!version.getSchema().hasOpenAPIV3Schema()) findings.required(schema / "openAPIV3Schema");
  if (!alike.schema) checkSchema(version, schema, findings);
  if (!alike.subresources) checkSubresources(version, path / "subresources", findings);
  if (!alike.columns) checkColumns(version, path / "additionalPrinterColumns", findings);
  if (!alike.selectableFields) checkSelectableFields(version, path / "selectableFields", findings);
}

void checkAlikeParts(apiextensions_v1::CustomResourceDefinitionSpec::Reader spec, const AlikeParts& alike,
                     const Path& path, Findings& findings) {
  auto versions = spec.getVersions();
  if (versions.size() == 0) return;
  Version any = versions[0];
  if (alike.schema) checkSchema(any, path / "validation", findings);
  if (alike.subresources) checkSubresources(any, path / "subresources", findings);
  if (alike.columns) checkColumns(any, path / "additionalPrinterColumns", findings);
  if (alike.selectableFields) checkSelectableFields(any, path / "selectableFields", findings);
}

}  // namespace cleat::kinds::extensions
