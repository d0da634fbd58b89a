#include "core/api/rest/object_text.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/api/status_body.h"
#include "core/base/prefetch.h"
#include "core/object/json/json_text.h"

namespace cleat::api {
namespace {

using object::Kind;
using object::ObjectRef;

constexpr std::string_view kMetadata = R"("metadata":)";

// The end of a string that begins (with its quote) at `at`.
size_t skipString(std::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

// The end of the object or array that begins at `at`, in text that is known to be JSON.
size_t skipNested(std::string_view json, size_t at) {
  size_t depth = 0;
  while (at < json.size()) {
    char c = json[at];
    if (c == '"') {
      at = skipString(json, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) break;
  }
  return at;
}

// What will be looked at soon: where a text begins, and of one farther ahead the object that says so.
void prefetchText(const std::vector<ObjectRef>& objects, size_t at) {
  constexpr size_t kAhead = 8;
  if (at + 2 * kAhead < objects.size()) base::prefetch(objects[at + 2 * kAhead].get());
  if (at + kAhead < objects.size()) base::prefetch(objects[at + kAhead]->json().data());
}

// Each is counted down where it lies.
void letGo(std::vector<ObjectRef>& objects) {
  constexpr size_t kAhead = 8;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (i + kAhead < objects.size()) base::prefetch(objects[i + kAhead].get());
    objects[i] = {};
  }
}

std::string listHeader(std::string_view kind, std::string_view apiVersion, const bus::ListResult& list) {
  std::string header = R"({"kind":")";
  header += kind;
  header += R"(","apiVersion":")";
  header += apiVersion;
  header += R"(","metadata":)" + listMetadata(list) + R"(,"items":[)";
  return header;
}

}  // namespace

ObjectText::ObjectText(const Kind& kind, std::string_view metaVersion)
    : itemsSayTheirKind_(kind.open != nullptr),
      header_(R"({"apiVersion":")" + kind.apiVersion() + R"(","kind":")" + kind.name + R"(",)"),
      partialHeader_(R"({"kind":"PartialObjectMetadata","apiVersion":")" + std::string(metaVersion) +
                     R"(","metadata":)") {}

void ObjectText::appendItem(http::Body& body, std::string_view before, const object::Object& object) const {
  std::string_view json = object.json();
  const bool cuts = !itemsSayTheirKind_ && json.starts_with(header_);
  json.remove_prefix(cuts ? header_.size() : std::min<size_t>(1, json.size()));
  body.refer(before);
  body.refer(json);
}

void ObjectText::appendWhole(http::Body& body, const ObjectRef& object) const { body.share(object, object->json()); }

std::string_view ObjectText::metadata(const object::Object& object) const {
  std::string_view json = object.json();
  if (!json.starts_with(header_) || !json.substr(header_.size()).starts_with(kMetadata)) return "{}";
  size_t begin = header_.size() + kMetadata.size();
  return json.substr(begin, skipNested(json, begin) - begin);
}

void ObjectText::appendPartial(http::Body& body, const ObjectRef& object) const {
  body.text(partialHeader_);
  body.share(object, metadata(*object));
  body.text("}");
}

std::string listMetadata(const bus::ListResult& list) {
  if (list.revision == 0) return "{}";  // of what is not stored
  object::TextBuffer out;
  out.append(R"({"resourceVersion":")");
  object::appendUnsigned(out, list.revision);
  out.append('"');
  if (!list.continueToken.empty()) {
    out.append(R"(,"continue":)");
    object::appendJsonString(out, list.continueToken);
  }
  if (list.remaining != 0) {
    out.append(R"(,"remainingItemCount":)");
    object::appendUnsigned(out, list.remaining);
  }
  out.append('}');
  return std::string(out.view());
}

http::Body listBody(const Kind& kind, bus::ListResult list) {
  const std::shared_ptr<const bus::ListResult> held(new bus::ListResult(std::move(list)),
                                                    [](bus::ListResult* answered) {
                                                      letGo(answered->objects);
                                                      delete answered;
                                                    });
  http::Body body;
  body.reserve(2 * held->objects.size() + 2);
  body.text(listHeader(kind.listName, kind.apiVersion(), *held));
  ObjectText text(kind);
  std::string_view before = "{";
  for (size_t i = 0; i < held->objects.size(); ++i) {
    prefetchText(held->objects, i);
    text.appendItem(body, before, *held->objects[i]);
    before = ",{";
  }
  body.text("]}\n");
  body.hold(held);
  return body;
}

http::Body partialListBody(const Kind& kind, const bus::ListResult& list, std::string_view metaVersion) {
  http::Body body;
  body.text(listHeader("PartialObjectMetadataList", metaVersion, list));
  ObjectText text(kind, metaVersion);
  for (size_t i = 0; i < list.objects.size(); ++i) {
    if (i > 0) body.text(",");
    text.appendPartial(body, list.objects[i]);
  }
  body.text("]}\n");
  return body;
}

std::string_view eventType(store::ChangeType type) {
  switch (type) {
    case store::ChangeType::added: return "ADDED";
    case store::ChangeType::modified: return "MODIFIED";
    case store::ChangeType::deleted: return "DELETED";
  }
  return {};
}

std::string bookmarkObject(std::string_view kind, std::string_view apiVersion, uint64_t revision, bool initialEnd) {
  const char* end = initialEnd ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "";
  return concat(R"({"kind":")", kind, R"(","apiVersion":")", apiVersion, R"(","metadata":{"resourceVersion":")",
                revision, "\"", end, "}}");
}

std::string bookmarkEvent(const Kind& kind, std::string_view metaVersion, uint64_t revision, bool initialEnd) {
  const bool partial = !metaVersion.empty();
  const std::string apiVersion = kind.apiVersion();
  return concat(R"({"type":"BOOKMARK","object":)",
                bookmarkObject(partial ? "PartialObjectMetadata" : std::string_view(kind.name),
                               partial ? metaVersion : std::string_view(apiVersion), revision, initialEnd),
                "}\n");
}

std::string errorEvent(const Status& status) { return R"({"type":"ERROR","object":)" + statusJson(status) + "}\n"; }

std::string prettyJson(std::string_view json) {
  std::string out;
  out.reserve(json.size() * 2);
  size_t depth = 0;
  auto breakLine = [&] {
    out += '\n';
    out.append(depth * 2, ' ');
  };
  for (size_t at = 0; at < json.size();) {
    char c = json[at];
    if (c == '"') {
      size_t end = skipString(json, at);
      out += json.substr(at, end - at);
      at = end;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') {
      out += c;
      if (at < json.size() && (json[at] == '}' || json[at] == ']')) {
        out += json[at++];
        continue;
      }
      ++depth;
      breakLine();
    } else if (c == '}' || c == ']') {
      --depth;
      breakLine();
      out += c;
    } else if (c == ',') {
      out += c;
      breakLine();
    } else if (c == ':') {
      out += ": ";
    } else if (c != '\n' && c != ' ') {
      out += c;
    }
  }
  out += '\n';
  return out;
}

}  // namespace cleat::api
