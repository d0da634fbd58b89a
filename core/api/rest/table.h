// Tables: what `kubectl get` shows. The kind says the columns, its plugin the cells; the object behind a row comes
// along as its metadata, cut out of the stored JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/api/rest/object_text.h"
#include "core/gate/gate.h"
#include "core/http/body.h"

namespace cleat::api {

struct TableOptions {
  enum class Include { none, metadata, object } include = Include::metadata;
  std::string_view metaVersion = kMetaVersion;
  bool columns = true;  // false: a later event of a watch, whose columns are known
};

// The value of the parameter includeObject; 400 when it is none.
Result<TableOptions::Include> parseIncludeObject(std::string_view value);

using Rows = std::vector<std::vector<gate::Cell>>;

// The cells of a kind that has no columns of its own: name and time of creation.
bool hasOwnColumns(const object::Kind& kind);
Rows defaultRows(const std::vector<object::ObjectRef>& objects);

// The rows [begin, end) of `objects` as one table.
void appendTable(http::Body& body, const object::Kind& kind, const std::vector<object::ObjectRef>& objects,
                 const Rows& rows, size_t begin, size_t end, std::string_view metadata, TableOptions options);

// The event of a watch of tables that says how far it has come: one row, of an object of which nothing else is known.
std::string tableBookmark(const object::Kind& kind, std::string_view metaVersion, uint64_t revision, bool initialEnd);

}  // namespace cleat::api
