// The texts that the API puts around stored objects: lists, metadata views and watch events. Objects themselves are
// never encoded again: their JSON, or the part of it that is shown, goes out as it is stored.
#pragma once

#include <string>
#include <string_view>

#include "core/api/rest/negotiation.h"
#include "core/bus/cluster.h"
#include "core/http/body.h"
#include "core/store/store.h"

namespace cleat::api {

// Cuts pieces out of the JSON of one kind's objects, whose form is fixed: apiVersion, kind and metadata come first.
class ObjectText {
 public:
  // `metaVersion`: of bare metadata.
  explicit ObjectText(const object::Kind& kind, std::string_view metaVersion = kMetaVersion);

  // What an item of a list is that the body holds: the object, of kinds that are compiled in without its apiVersion and
  // kind. `before` ends with a brace that opens an object.
  void appendItem(http::Body& body, std::string_view before, const object::Object& object) const;
  void appendWhole(http::Body& body, const object::ObjectRef& object) const;
  // {"kind":"PartialObjectMetadata",…}
  void appendPartial(http::Body& body, const object::ObjectRef& object) const;
  // The value of the object's "metadata"; "{}" if there is none.
  std::string_view metadata(const object::Object& object) const;

 private:
  bool itemsSayTheirKind_;
  std::string header_;         // {"apiVersion":"v1","kind":"Pod",
  std::string partialHeader_;  // {"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":
};

// {"resourceVersion":"7","continue":"…","remainingItemCount":3}; {} of what is not stored.
std::string listMetadata(const bus::ListResult& list);

http::Body listBody(const object::Kind& kind, bus::ListResult list);
http::Body partialListBody(const object::Kind& kind, const bus::ListResult& list, std::string_view metaVersion);

// "ADDED", …
std::string_view eventType(store::ChangeType type);
// {"type":"BOOKMARK","object":{…}} and the end of line. `initialEnd`: the initial events are complete.
// `metaVersion`: of bare metadata; empty: of the whole object.
std::string bookmarkEvent(const object::Kind& kind, std::string_view metaVersion, uint64_t revision, bool initialEnd);
// The object alone, of which only the revision is known.
std::string bookmarkObject(std::string_view kind, std::string_view apiVersion, uint64_t revision, bool initialEnd);
std::string errorEvent(const Status& status);

// JSON with line breaks and indentation, for people.
std::string prettyJson(std::string_view json);

}  // namespace cleat::api
