#include "core/api/rest/body_reader.h"

#include <cleat/sdk/text.h>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <optional>

#include "core/api/flow/flow_place.h"
#include "core/api/rest/body_type.h"
#include "core/base/hex.h"
#include "core/object/go_names.h"
#include "core/object/json/go_text.h"
#include "core/object/json/json_document.h"
#include "core/object/protobuf/protobuf.h"

namespace cleat::api {
namespace {

namespace json = boost::json;

constexpr size_t kMaxManagerBytes = 128;

Result<Media> mediaOf(const RestRequest& request, bool protobuf = true) {
  return bodyMedia(request.exchange.request().headers.get("Content-Type"), protobuf);
}

Result<object::JsonDocument> parseBody(const RestRequest& request, Media media, std::vector<std::string>* duplicates) {
  const http::Request& sent = request.exchange.request();
  if (media != Media::yaml) return object::JsonDocument::parse(sent.body, {}, duplicates);
  CLEAT_TRY(json::value value, object::parseYaml(sent.body, {}, duplicates));
  return object::JsonDocument::of(value);
}

// Of a text in which nothing says what it is.
Status untyped(Status why) {
  // YAML is made JSON before anybody looks for that, and a number that is too large is JSON.
  const bool isJson = !why.message.starts_with("yaml:") && !why.message.starts_with(object::kUnmarshalNumber);
  if (why.is(400) && isJson) why.message = concat("couldn't get version/kind; ", why.message);
  return why;
}

// A body that is none of its format.
Status unreadable(const RestRequest& request, const object::Kind& kind, const Status& why) {
  if (!why.is(400)) return why;
  if (why.message.starts_with(object::kUnmarshalNumber)) {
    return Status::badRequest(concat(object::cannotBeHandled(kind.version, kind.name, kind), why.message));
  }
  const bool binary = why.message.starts_with("provided data");
  return unrecognizedBody(request, kind, binary ? why.message : untyped(why).message);
}

Status invalidOptions(std::string_view optionsKind, std::string reason, std::string message, std::string field) {
  std::vector<StatusCause> causes{{std::move(reason), std::move(message), std::move(field)}};
  return Status::invalid(std::string(optionsKind) + ".meta.k8s.io", "", std::move(causes));
}

// The first character of a manager's name that nothing shows, and where it is; nothing if there is none.
std::optional<std::string> unprintable(std::string_view name) {
  for (size_t i = 0; i < name.size(); ++i) {
    auto byte = static_cast<unsigned char>(name[i]);
    const size_t at = i;
    // Those of U+0080 to U+009F are two bytes in UTF-8.
    if (byte == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0) {
      byte = static_cast<unsigned char>(name[++i]);
    } else if (byte >= 0x20 && byte != 0x7f) {
      continue;
    }
    return concat("invalid character U+00",
                  base::hexText({reinterpret_cast<const char*>(&byte), 1}, base::HexCase::upper), " (at position ", at,
                  ")");
  }
  return std::nullopt;
}

Status invalidOptions(std::string_view optionsKind, StatusCause cause) {
  return Status::invalid(std::string(optionsKind) + ".meta.k8s.io", "", {std::move(cause)});
}

// "kubectl/v1.32.0 (linux/amd64) …" → "kubectl"
std::string managerFrom(std::string_view userAgent) {
  std::string manager;
  for (char c : userAgent.substr(0, userAgent.find('/')).substr(0, kMaxManagerBytes)) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) manager += c;
  }
  return manager;
}

StatusCause notSupported(const std::string& shown, const char* supported, std::string field) {
  return {"FieldValueNotSupported", "Unsupported value: " + shown + ": supported values: " + supported,
          std::move(field)};
}

// Nothing where there is nothing wrong with them.
std::optional<StatusCause> wrongDryRun(const std::vector<std::string>& values) {
  if (std::ranges::all_of(values, [](const std::string& value) { return value == "All"; })) return std::nullopt;
  json::array shown;
  for (const std::string& value : values) shown.emplace_back(json::string(value));
  return notSupported(json::serialize(shown), "\"All\"", "dryRun");
}

std::vector<std::string> dryRunValues(const Query& query) {
  std::vector<std::string> values;
  for (std::string_view value : query.all("dryRun")) values.emplace_back(value);
  return values;
}

struct RawDeleteOptions {
  bus::DeleteOptions options;
  bool saysPolicy = false;
  std::optional<bool> orphanDependents;
  std::vector<std::string> dryRun;
};

// Of a precondition: 0 where it names none, and one that no object has where what it names is none.
uint64_t revisionNamed(std::string_view text) {
  uint64_t revision = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision);
  const bool isRevision = error == std::errc() && end == text.data() + text.size() && revision != 0;
  return text.empty() || isRevision ? revision : UINT64_MAX;
}

Result<RawDeleteOptions> fromQuery(const Query& query) {
  RawDeleteOptions raw;
  CLEAT_TRY(auto grace, query.number("gracePeriodSeconds"));
  raw.options.gracePeriodSeconds = grace;
  raw.options.propagationPolicy = query.get("propagationPolicy");
  raw.saysPolicy = query.has("propagationPolicy");
  raw.orphanDependents = query.optionalFlag("orphanDependents");
  raw.options.preconditionUid = query.get("uid");
  raw.options.preconditionRevision = revisionNamed(query.get("resourceVersion"));
  raw.dryRun = dryRunValues(query);
  return raw;
}

Result<object::Decoded> decodeDeleteOptions(const RestRequest& request) {
  const auto schema = capnp::Schema::from<meta_v1::DeleteOptions>();
  CLEAT_TRY(Media media, mediaOf(request));
  std::string kind, version;
  Result<object::Decoded> decoded;
  if (media == Media::protobuf) {
    CLEAT_TRY(auto envelope, object::openProtobuf(request.exchange.request().body));
    kind = envelope.kind;
    version = envelope.apiVersion;
    decoded = object::decodeProtobufStruct(schema, envelope.raw);
  } else {
    const Result<object::JsonDocument> read = parseBody(request, media, nullptr);
    if (!read) return fail(untyped(read.error()));
    const object::JsonDocument& body = *read;
    kind = body.root().textMember("kind");
    version = body.root().textMember("apiVersion");
    const bool isEmpty = body.root().isNull();
    const object::JsonNode said = isEmpty ? object::JsonNode::emptyObject() : body.root();
    decoded = object::decodeStruct(schema, said, object::FieldValidation::ignore);
  }
  if (!kind.empty() && kind != "DeleteOptions") return fail(Status::badRequest(object::notRegistered(version, kind)));
  return decoded;
}

Result<RawDeleteOptions> fromBody(const RestRequest& request) {
  CLEAT_TRY(object::Decoded decoded, decodeDeleteOptions(request));
  auto read = decoded.message->root<meta_v1::DeleteOptions>();
  RawDeleteOptions raw;
  if (read.hasGracePeriodSeconds()) raw.options.gracePeriodSeconds = read.getGracePeriodSeconds().getValue();
  raw.options.propagationPolicy = str(read.getPropagationPolicy());
  raw.saysPolicy = !raw.options.propagationPolicy.empty();
  if (read.hasOrphanDependents()) raw.orphanDependents = read.getOrphanDependents().getValue();
  for (auto each : read.getDryRun()) raw.dryRun.emplace_back(str(each));
  if (!read.hasPreconditions()) return raw;
  raw.options.preconditionUid = str(read.getPreconditions().getUid());
  raw.options.preconditionRevision = revisionNamed(view(read.getPreconditions().getResourceVersion()));
  return raw;
}

}  // namespace

Result<object::FieldValidation> readFieldValidation(const Query& query, std::string_view optionsKind) {
  std::string_view value = query.get("fieldValidation");
  if (value.empty() || value == "Warn") return object::FieldValidation::warn;
  if (value == "Ignore") return object::FieldValidation::ignore;
  if (value == "Strict") return object::FieldValidation::strict;
  return fail(invalidOptions(
      optionsKind, "FieldValueNotSupported",
      "Unsupported value: \"" + std::string(value) + "\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
      "fieldValidation"));
}

Result<object::Decoded> readObject(const RestRequest& request, const object::Kind& kind,
                                   object::FieldValidation validation) {
  CLEAT_TRY(Media media, mediaOf(request, !kind.open));
  if (media == Media::protobuf) {
    const auto envelope = object::openProtobuf(request.exchange.request().body);
    if (!envelope) return fail(unreadable(request, kind, envelope.error()));
    CLEAT_TRY(checkBodyType(request, kind, envelope->apiVersion, envelope->kind));
    return object::decodeProtobuf(kind, envelope->raw);
  }
  std::vector<std::string> duplicates;
  const Result<object::JsonDocument> body = parseBody(request, media, &duplicates);
  if (!body) return fail(unreadable(request, kind, body.error()));
  CLEAT_TRY(checkBodyType(request, kind, body->root()));
  // Null is an object that says nothing.
  const object::JsonNode value = body->root().isNull() ? object::JsonNode::emptyObject() : body->root();
  if (media == Media::yaml && validation == object::FieldValidation::strict && !duplicates.empty()) {
    duplicates = {object::strictYamlError(duplicates)};
  }
  const auto integers = media == Media::yaml ? object::Integers::anyForm : object::Integers::plain;
  return object::decode(kind, value, validation, duplicates, integers);
}

Result<bus::WriteOptions> readWriteOptions(RestRequest& request, std::string_view optionsKind) {
  bus::WriteOptions options;
  const std::vector<std::string> dryRun = dryRunValues(request.query);
  if (auto wrong = wrongDryRun(dryRun)) return fail(invalidOptions(optionsKind, *wrong));
  options.dryRun = !dryRun.empty();
  CLEAT_TRY(auto validation, readFieldValidation(request.query, optionsKind));
  options.fieldValidation = validation;
  options.fieldManager = request.query.get("fieldManager");
  if (options.fieldManager.size() > kMaxManagerBytes) {
    return fail(
        invalidOptions(optionsKind, "FieldValueTooLong", "Too long: may not be more than 128 bytes", "fieldManager"));
  }
  if (auto wrong = unprintable(options.fieldManager)) {
    return fail(invalidOptions(optionsKind, "FieldValueInvalid",
                               concat("Invalid value: ", object::goQuoted(options.fieldManager), ": ", *wrong),
                               "fieldManager"));
  }
  options.saysFieldValidation = !request.query.get("fieldValidation").empty();
  if (options.fieldManager.empty()) {
    options.clientName = managerFrom(request.exchange.request().headers.get("User-Agent"));
  }
  options.warnings = &request.warnings;
  return options;
}

Result<bus::DeleteOptions> readDeleteOptions(RestRequest& request) {
  Result<RawDeleteOptions> raw = fromQuery(request.query);
  if (!request.exchange.request().body.empty()) {
    raw = fromBody(request);
  }
  CLEAT_TRY(raw);
  bus::DeleteOptions options = std::move(raw->options);
  std::string& policy = options.propagationPolicy;
  const std::string field = "propagationPolicy", shown = "\"" + policy + "\"";
  std::vector<StatusCause> causes;
  if (raw->orphanDependents && raw->saysPolicy) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: " + shown + ": orphanDependents and deletionPropagation cannot be both set",
                      field});
  }
  if (raw->saysPolicy && policy != "Orphan" && policy != "Background" && policy != "Foreground") {
    causes.push_back(notSupported(shown, R"("Foreground", "Background", "Orphan", "nil")", field));
  }
  if (auto wrong = wrongDryRun(raw->dryRun)) causes.push_back(*wrong);
  if (!causes.empty()) return fail(Status::invalid("DeleteOptions.meta.k8s.io", "", std::move(causes)));
  options.dryRun = !raw->dryRun.empty();
  if (raw->orphanDependents) policy = *raw->orphanDependents ? "Orphan" : "Background";
  options.orphanDependents = raw->orphanDependents;
  if (options.gracePeriodSeconds.value_or(0) < 0) options.gracePeriodSeconds = 1;  // as Kubernetes
  options.warnings = &request.warnings;
  return options;
}

}  // namespace cleat::api
