#include "core/api/audit/audited_protobuf.h"

#include <capnp/dynamic.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/text.h>

#include <limits>

#include "core/object/protobuf/protobuf.h"

namespace cleat::api {
namespace {

// `{"kind":…,"apiVersion":…` in front of what the struct says.
std::string withType(const object::ProtobufEnvelope& of, std::string members) {
  const std::string type = concat(R"({"kind":")", of.kind, R"(","apiVersion":")", of.apiVersion, '"');
  return members == "{}" ? type + '}' : concat(type, ',', std::string_view(members).substr(1));
}

template <class Struct>
std::string structJson(const object::ProtobufEnvelope& of) {
  auto decoded = object::decodeProtobufStruct(capnp::Schema::from<Struct>(), of.raw);
  if (!decoded) return {};
  return withType(of, object::encodeStruct(decoded->message->template root<Struct>()));
}

std::string objectJson(const object::Kind& kind, std::string_view raw) {
  auto decoded = object::decodeProtobuf(kind, raw);
  return decoded ? object::encodeJson(kind, decoded->message->words()) : std::string();
}

std::string listJson(const object::Kind& kind, const object::ProtobufEnvelope& of) {
  auto list = object::openProtobufList(of.raw);
  if (!list) return {};
  auto metadata = object::decodeProtobufStruct(capnp::Schema::from<meta_v1::ListMeta>(), list->metadata);
  if (!metadata) return {};
  std::string out =
      concat(R"({"metadata":)", object::encodeStruct(metadata->message->root<meta_v1::ListMeta>()), R"(,"items":[)");
  for (std::string_view item : list->items) {
    if (out.back() != '[') out += ',';
    const std::string json = objectJson(kind, item);
    if (json.empty()) return {};
    out += json;
  }
  return withType(of, out += "]}");
}

}  // namespace

std::string protobufAsJson(const object::Catalogue& kinds, std::string_view body) {
  constexpr std::string_view kList = "List";
  object::Limits limits;
  limits.maxBytes = std::numeric_limits<size_t>::max();  // it was taken, or made here
  auto envelope = object::openProtobuf(body, limits);
  if (!envelope) return {};
  const std::string_view kind = envelope->kind, apiVersion = envelope->apiVersion;
  if (kind == "Status") return structJson<meta_v1::Status>(*envelope);
  if (kind == "DeleteOptions") return structJson<meta_v1::DeleteOptions>(*envelope);
  const size_t slash = apiVersion.find('/');
  const std::string_view group = slash == std::string_view::npos ? std::string_view() : apiVersion.substr(0, slash);
  const std::string_view version = slash == std::string_view::npos ? apiVersion : apiVersion.substr(slash + 1);
  if (object::KindRef found = kinds.findByKind(group, version, kind)) return objectJson(*found, envelope->raw);
  if (!kind.ends_with(kList)) return {};
  object::KindRef element = kinds.findByKind(group, version, kind.substr(0, kind.size() - kList.size()));
  return element ? listJson(*element, *envelope) : std::string();
}

}  // namespace cleat::api
