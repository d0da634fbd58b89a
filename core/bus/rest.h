// The Kubernetes HTTP API from a client's side: where things are, and how answers become objects and statuses. No
// network here.
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

#include "core/bus/cluster.h"
#include "core/http/http_client.h"
#include "core/object/catalogue.h"

namespace cleat::bus {

// "/apis/apps/v1/namespaces/default/deployments/web/status"; without a name, the collection.
std::string restPath(const Target& target);

// Name=value pairs behind a path, encoded; empty values are left out.
class QueryText {
 public:
  QueryText& add(std::string_view name, std::string_view value);
  QueryText& add(std::string_view name, uint64_t value);  // 0 is left out
  std::string on(std::string path) const;

 private:
  std::string text_;
};

// An answer's failure: the Status in its body, or one made of the HTTP status.
Status statusOf(const http::ClientResponse& response);
Status statusOf(const boost::json::value& value, uint16_t httpCode);

// What an answer of 2xx holds. The object is null when it is a Status of success.
Result<ObjectRef> objectOf(const object::KindRegistry& kinds, const Kind& expected, std::string_view body);
// From a value, as lists contain them; and from the text of one, which the object keeps.
Result<ObjectRef> objectOf(const Kind& kind, const boost::json::value& value);
Result<ObjectRef> objectOf(const Kind& kind, std::string_view text);
Result<ListResult> listOf(const Kind& kind, std::string_view body);
std::vector<std::string> warningsOf(const http::ClientHead& head);

// The body of a DELETE.
std::string deleteBody(const DeleteOptions& options);

}  // namespace cleat::bus
