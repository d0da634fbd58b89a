#include "core/api/rest/table.h"

#include <cleat/sdk/text.h>

#include "core/api/json_writer.h"

namespace cleat::api {
namespace {

using gate::Cell;
using object::Column;
using object::Kind;
using object::TextBuffer;

std::vector<Column> defaultColumns() {
  Column name{"Name", "string", "name", "The object's name, unique in its namespace for its kind.", 0};
  Column created{"Created At", "date", "", "When the object was created, in UTC.", 0};
  return {name, created};
}

std::string columnsJson(const std::vector<Column>& columns) {
  JsonWriter json;
  json.open('[');
  for (const Column& column : columns) {
    json.open('{').member("name", column.name).member("type", column.type).member("format", column.format);
    json.member("description", column.description).key("priority").number(column.priority).close('}');
  }
  json.close(']');
  return json.take();
}

void appendCells(TextBuffer& out, const std::vector<Cell>& cells) {
  out.append('[');
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out.append(',');
    switch (cells[i].type) {
      case Cell::Type::text: object::appendJsonString(out, cells[i].text); break;
      case Cell::Type::integer: object::appendInteger(out, cells[i].integer); break;
      case Cell::Type::number: object::appendDouble(out, cells[i].number); break;
      case Cell::Type::boolean: out.append(cells[i].boolean ? "true" : "false"); break;
      case Cell::Type::none: out.append("null"); break;
    }
  }
  out.append(']');
}

}  // namespace

Result<TableOptions::Include> parseIncludeObject(std::string_view value) {
  if (value.empty() || value == "Metadata") return TableOptions::Include::metadata;
  if (value == "None") return TableOptions::Include::none;
  if (value == "Object") return TableOptions::Include::object;
  return fail(Status::badRequest(concat("Unable to convert to Table as requested: includeObject: Invalid value: ",
                                        inQuotes(value), ": must be 'Metadata', 'Object', 'None', or empty")));
}

bool hasOwnColumns(const Kind& kind) { return kind.wantsRows && !kind.columns.empty(); }

Rows defaultRows(const std::vector<object::ObjectRef>& objects) {
  Rows rows;
  rows.reserve(objects.size());
  for (const auto& object : objects) {
    Cell name{.type = Cell::Type::text, .text = object->name()};
    Cell created{.type = Cell::Type::text, .text = str(object->message()->meta().getCreationTimestamp())};
    rows.push_back({std::move(name), std::move(created)});
  }
  return rows;
}

void appendTable(http::Body& body, const Kind& kind, const std::vector<object::ObjectRef>& objects, const Rows& rows,
                 size_t begin, size_t end, std::string_view metadata, TableOptions options) {
  ObjectText text(kind, options.metaVersion);
  TextBuffer out;
  out.append(R"({"kind":"Table","apiVersion":")");
  out.append(options.metaVersion);
  out.append(R"(","metadata":)");
  out.append(metadata);
  out.append(R"(,"columnDefinitions":)");
  out.append(options.columns ? columnsJson(hasOwnColumns(kind) ? kind.columns : defaultColumns()) : "null");
  out.append(R"(,"rows":[)");
  static const std::vector<Cell> kNoCells;
  for (size_t i = begin; i < end; ++i) {
    if (i > begin) out.append(',');
    out.append(R"({"cells":)");
    appendCells(out, i < rows.size() ? rows[i] : kNoCells);
    out.append(R"(,"object":)");
    if (options.include == TableOptions::Include::none) {
      out.append("null}");
      continue;
    }
    body.text(out.view());
    out.clear();
    if (options.include == TableOptions::Include::object) {
      text.appendWhole(body, objects[i]);
    } else {
      text.appendPartial(body, objects[i]);
    }
    out.append('}');
  }
  out.append("]}");
  body.text(out.view());
}

std::string tableBookmark(const Kind& kind, std::string_view metaVersion, uint64_t revision, bool initialEnd) {
  const auto& columns = hasOwnColumns(kind) ? kind.columns : defaultColumns();
  std::string cells;
  for (const auto& column : columns) {
    const bool isNumber = column.type == "integer" || column.type == "number";
    cells += concat(cells.empty() ? "" : ",", isNumber ? "0" : R"("")");
  }
  return concat(R"({"type":"BOOKMARK","object":{"kind":"Table","apiVersion":")", metaVersion,
                R"(","metadata":{"resourceVersion":")", revision, R"("},"columnDefinitions":null,"rows":[{"cells":[)",
                cells, R"(],"object":)", bookmarkObject("PartialObjectMetadata", metaVersion, revision, initialEnd),
                "}]}}\n");
}

}  // namespace cleat::api
