#include "core/api/rest/body_reader.h"

#include <cleat/sdk/text.h>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <optional>

#include "core/api/flow/flow_place.h"
#include "core/object/json/json_document.h"
#include "core/object/json/json_text.h"
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

Status unrecognized(const object::Kind& kind, const Status& why) {
  return Status::badRequest("the object provided is unrecognized (must be of type " + kind.name + "): " + why.message);
}

Status invalidOptions(std::string_view optionsKind, std::string reason, std::string message, std::string field) {
  std::vector<StatusCause> causes{{std::move(reason), std::move(message), std::move(field)}};
  return Status::invalid(std::string(optionsKind) + ".meta.k8s.io", "", std::move(causes));
}

// The first character of a manager's name that nothing shows, and where it is; nothing if there is none.
std::optional<std::string> unprintable(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (size_t i = 0; i < name.size(); ++i) {
    auto byte = static_cast<unsigned char>(name[i]);
    const size_t at = i;
    // Those of U+0080 to U+009F are two bytes in UTF-8.
    if (byte == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0) {
      byte = static_cast<unsigned char>(name[++i]);
    } else if (byte >= 0x20 && byte != 0x7f) {
      continue;
    }
    return std::string("invalid character U+00") + kDigits[byte >> 4] + kDigits[byte & 15] + " (at position " +
           std::to_string(at) + ")";
  }
  return std::nullopt;
}

Status invalidOptions(std::string_view optionsKind, StatusCause cause) {
  return Status::invalid(std::string(optionsKind) + ".meta.k8s.io", "", {std::move(cause)});
}

std::string versionOf(std::string_view apiVersion) {
  size_t slash = apiVersion.find('/');
  return std::string(slash == std::string_view::npos ? apiVersion : apiVersion.substr(slash + 1));
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
  std::optional<bool> orphanDependents;
  std::vector<std::string> dryRun;
};

Result<RawDeleteOptions> fromQuery(const Query& query) {
  RawDeleteOptions raw;
  CLEAT_TRY(auto grace, query.number("gracePeriodSeconds"));
  raw.options.gracePeriodSeconds = grace;
  raw.options.propagationPolicy = query.get("propagationPolicy");
  raw.orphanDependents = query.optionalFlag("orphanDependents");
  raw.dryRun = dryRunValues(query);
  return raw;
}

Result<object::Decoded> decodeDeleteOptions(const RestRequest& request) {
  const auto schema = capnp::Schema::from<meta_v1::DeleteOptions>();
  CLEAT_TRY(Media media, mediaOf(request));
  std::string kind;
  Result<object::Decoded> decoded;
  if (media == Media::protobuf) {
    CLEAT_TRY(auto envelope, object::openProtobuf(request.exchange.request().body));
    kind = envelope.kind;
    decoded = object::decodeProtobufStruct(schema, envelope.raw);
  } else {
    CLEAT_TRY(const object::JsonDocument body, parseBody(request, media, nullptr));
    kind = body.root().textMember("kind");
    decoded = object::decodeStruct(schema, body.root(), object::FieldValidation::ignore);
  }
  if (!kind.empty() && kind != "DeleteOptions") {
    return fail(Status::badRequest("decoded object cannot be converted to DeleteOptions: it is a " + kind));
  }
  return decoded;
}

Result<RawDeleteOptions> fromBody(const RestRequest& request) {
  CLEAT_TRY(object::Decoded decoded, decodeDeleteOptions(request));
  auto read = decoded.message->root<meta_v1::DeleteOptions>();
  RawDeleteOptions raw;
  if (read.hasGracePeriodSeconds()) raw.options.gracePeriodSeconds = read.getGracePeriodSeconds().getValue();
  raw.options.propagationPolicy = str(read.getPropagationPolicy());
  if (read.hasOrphanDependents()) raw.orphanDependents = read.getOrphanDependents().getValue();
  for (auto each : read.getDryRun()) raw.dryRun.emplace_back(str(each));
  if (!read.hasPreconditions()) return raw;
  raw.options.preconditionUid = str(read.getPreconditions().getUid());
  std::string_view revision = view(read.getPreconditions().getResourceVersion());
  auto [end, error] =
      std::from_chars(revision.data(), revision.data() + revision.size(), raw.options.preconditionRevision);
  if (!revision.empty() && (error != std::errc() || end != revision.data() + revision.size())) {
    raw.options.preconditionRevision = UINT64_MAX;  // no object has it
  }
  return raw;
}

// Whether the body is what it is sent to be.
Result<void> checkType(const RestRequest& request, const object::Kind& kind, const std::string& apiVersion,
                       const std::string& name) {
  std::string expected = kind.apiVersion();
  if (!name.empty() && name != kind.name) {
    std::string version = apiVersion.empty() ? kind.version : versionOf(apiVersion);
    return fail(Status::badRequest(name + " in version \"" + version + "\" cannot be handled as a " + kind.name +
                                   ": converting (" + name + ") to (" + kind.name + "): unknown conversion"));
  }
  const bool isOlder = request.subresource && std::ranges::count(request.subresource->olderBodies, apiVersion) > 0;
  if (!apiVersion.empty() && apiVersion != expected && !isOlder) {
    return fail(Status::badRequest("the API version in the data (" + apiVersion +
                                   ") does not match the expected API version (" + expected + ")"));
  }
  return {};
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
    CLEAT_TRY(auto envelope, object::openProtobuf(request.exchange.request().body));
    CLEAT_TRY(checkType(request, kind, envelope.apiVersion, envelope.kind));
    return object::decodeProtobuf(kind, envelope.raw);
  }
  std::vector<std::string> duplicates;
  const Result<object::JsonDocument> body = parseBody(request, media, &duplicates);
  if (!body) return fail(body.error().is(400) ? unrecognized(kind, body.error()) : body.error());
  const object::JsonNode& value = body->root();
  if (!value.isObject()) return fail(unrecognized(kind, Status::badRequest("it is not a JSON object")));
  CLEAT_TRY(
      checkType(request, kind, std::string(value.textMember("apiVersion")), std::string(value.textMember("kind"))));
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
    const std::string shown = object::jsonText(object::JsonNode::ofText(options.fieldManager));
    return fail(
        invalidOptions(optionsKind, "FieldValueInvalid", "Invalid value: " + shown + ": " + *wrong, "fieldManager"));
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
  if (raw->orphanDependents && !policy.empty()) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: " + shown + ": orphanDependents and deletionPropagation cannot be both set",
                      field});
  }
  if (!policy.empty() && policy != "Orphan" && policy != "Background" && policy != "Foreground") {
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
