#include "core/api/body_reader.h"

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <charconv>

namespace cleat::api {
namespace {

namespace json = boost::json;

constexpr size_t kMaxManagerBytes = 128;

std::string textMember(const json::value& value, std::string_view name) {
  const json::object* members = value.if_object();
  const json::value* member = members ? members->if_contains(name) : nullptr;
  const json::string* text = member ? member->if_string() : nullptr;
  return text ? std::string(text->data(), text->size()) : std::string();
}

Result<json::value> parseBody(const RestRequest& request, std::vector<std::string>* duplicates) {
  const Request& http = request.exchange.request();
  Result<Media> media = bodyMedia(http.headers.get("Content-Type"), false);
  if (!media) return fail(media.error());
  return *media == Media::yaml ? object::parseYaml(http.body) : object::parseJson(http.body, {}, duplicates);
}

Status unrecognized(const object::Kind& kind, const Status& why) {
  return Status::badRequest("the object provided is unrecognized (must be of type " + kind.name + "): " + why.message);
}

Status unhandled(std::string_view dataKind, std::string_view dataVersion, const object::Kind& kind,
                 std::string_view why) {
  return Status::badRequest(std::string(dataKind) + " in version \"" + std::string(dataVersion) +
                            "\" cannot be handled as a " + kind.name + ": " + std::string(why));
}

Status invalidOptions(std::string_view optionsKind, std::string reason, std::string message, std::string field) {
  std::vector<StatusCause> causes{{std::move(reason), std::move(message), std::move(field)}};
  return Status::invalid(std::string(optionsKind) + ".meta.k8s.io", "", std::move(causes));
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

Result<bool> readDryRun(const std::vector<std::string>& values, std::string_view optionsKind) {
  for (const auto& value : values) {
    if (value == "All") continue;
    return fail(invalidOptions(optionsKind, "FieldValueNotSupported",
                               "Unsupported value: \"" + value + "\": supported values: \"All\"", "dryRun"));
  }
  return !values.empty();
}

std::vector<std::string> dryRunValues(const Query& query) {
  std::vector<std::string> values;
  for (std::string_view value : query.all("dryRun")) {
    if (!value.empty()) values.emplace_back(value);
  }
  return values;
}

struct RawDeleteOptions {
  bus::DeleteOptions options;
  std::optional<bool> orphanDependents;
  std::vector<std::string> dryRun;
};

Result<RawDeleteOptions> fromQuery(const Query& query) {
  RawDeleteOptions raw;
  auto grace = query.number("gracePeriodSeconds");
  if (!grace) return fail(grace.error());
  raw.options.gracePeriodSeconds = *grace;
  raw.options.propagationPolicy = query.get("propagationPolicy");
  raw.orphanDependents = query.optionalFlag("orphanDependents");
  raw.dryRun = dryRunValues(query);
  return raw;
}

Result<RawDeleteOptions> fromBody(const json::value& value, std::vector<std::string>& warnings) {
  std::string kind = textMember(value, "kind");
  if (!kind.empty() && kind != "DeleteOptions") {
    return fail(Status::badRequest("decoded object cannot be converted to DeleteOptions: it is a " + kind));
  }
  auto decoded = object::decodeStruct(capnp::Schema::from<meta_v1::DeleteOptions>(), value,
                                      object::FieldValidation::warn);
  if (!decoded) return fail(decoded.error());
  for (auto& warning : decoded->warnings) {
    if (warning.find("\"kind\"") == std::string::npos && warning.find("\"apiVersion\"") == std::string::npos) {
      warnings.push_back(std::move(warning));
    }
  }
  auto read = decoded->message->root<meta_v1::DeleteOptions>();
  RawDeleteOptions raw;
  if (read.hasGracePeriodSeconds()) raw.options.gracePeriodSeconds = read.getGracePeriodSeconds().getValue();
  raw.options.propagationPolicy = read.getPropagationPolicy().cStr();
  if (read.hasOrphanDependents()) raw.orphanDependents = read.getOrphanDependents().getValue();
  for (auto each : read.getDryRun()) raw.dryRun.emplace_back(each.cStr());
  if (!read.hasPreconditions()) return raw;
  raw.options.preconditionUid = read.getPreconditions().getUid().cStr();
  std::string_view revision = read.getPreconditions().getResourceVersion().cStr();
  auto [end, error] = std::from_chars(revision.data(), revision.data() + revision.size(),
                                      raw.options.preconditionRevision);
  if (!revision.empty() && (error != std::errc() || end != revision.data() + revision.size())) {
    raw.options.preconditionRevision = UINT64_MAX;  // no object has it
  }
  return raw;
}

}  // namespace

Result<object::FieldValidation> readFieldValidation(const Query& query) {
  std::string_view value = query.get("fieldValidation");
  if (value.empty() || value == "Warn") return object::FieldValidation::warn;
  if (value == "Ignore") return object::FieldValidation::ignore;
  if (value == "Strict") return object::FieldValidation::strict;
  return fail(invalidOptions("CreateOptions", "FieldValueNotSupported",
                             "Unsupported value: \"" + std::string(value) +
                                 "\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
                             "fieldValidation"));
}

Result<object::Decoded> readObject(const RestRequest& request, const object::Kind& kind,
                                   object::FieldValidation validation) {
  std::vector<std::string> duplicates;
  auto value = parseBody(request, &duplicates);
  if (!value) return fail(value.error().is(400) ? unrecognized(kind, value.error()) : value.error());
  if (!value->is_object()) return fail(unrecognized(kind, Status::badRequest("it is not a JSON object")));
  std::string apiVersion = textMember(*value, "apiVersion"), name = textMember(*value, "kind");
  std::string expected = kind.apiVersion();
  if (!name.empty() && name != kind.name) {
    std::string version = apiVersion.empty() ? kind.version : versionOf(apiVersion);
    return fail(unhandled(name, version, kind,
                          "no kind \"" + kind.name + "\" is what the body says it is"));
  }
  if (!apiVersion.empty() && apiVersion != expected) {
    return fail(Status::badRequest("the API version in the data (" + apiVersion +
                                   ") does not match the expected API version (" + expected + ")"));
  }
  auto decoded = object::decode(kind, *value, validation, duplicates);
  if (!decoded && decoded.error().is(400)) {
    return fail(unhandled(kind.name, kind.version, kind, decoded.error().message));
  }
  return decoded;
}

Result<bus::WriteOptions> readWriteOptions(const RestRequest& request, std::string_view optionsKind) {
  bus::WriteOptions options;
  Result<bool> dryRun = readDryRun(dryRunValues(request.query), optionsKind);
  if (!dryRun) return fail(dryRun.error());
  options.dryRun = *dryRun;
  auto validation = readFieldValidation(request.query);
  if (!validation) return fail(validation.error());
  options.fieldValidation = *validation;
  options.fieldManager = request.query.get("fieldManager");
  if (options.fieldManager.size() > kMaxManagerBytes) {
    return fail(invalidOptions(optionsKind, "FieldValueTooLong",
                               "Too long: may not be more than 128 bytes", "fieldManager"));
  }
  if (options.fieldManager.empty()) {
    options.fieldManager = managerFrom(request.exchange.request().headers.get("User-Agent"));
  }
  return options;
}

Result<bus::DeleteOptions> readDeleteOptions(const RestRequest& request) {
  Result<RawDeleteOptions> raw = fromQuery(request.query);
  if (!request.exchange.request().body.empty()) {
    auto value = parseBody(request, nullptr);
    if (!value) return fail(value.error());
    std::vector<std::string> warnings;
    raw = fromBody(*value, warnings);
  }
  if (!raw) return fail(raw.error());
  bus::DeleteOptions options = std::move(raw->options);
  Result<bool> dryRun = readDryRun(raw->dryRun, "DeleteOptions");
  if (!dryRun) return fail(dryRun.error());
  options.dryRun = *dryRun;
  std::string& policy = options.propagationPolicy;
  if (raw->orphanDependents && !policy.empty()) {
    return fail(invalidOptions("DeleteOptions", "FieldValueInvalid",
                               "Invalid value: \"" + policy +
                                   "\": orphanDependents and deletionPropagation cannot be both set",
                               "propagationPolicy"));
  }
  if (raw->orphanDependents) policy = *raw->orphanDependents ? "Orphan" : "Background";
  if (!policy.empty() && policy != "Orphan" && policy != "Background" && policy != "Foreground") {
    return fail(invalidOptions("DeleteOptions", "FieldValueNotSupported",
                               "Unsupported value: \"" + policy +
                                   "\": supported values: \"Background\", \"Foreground\", \"Orphan\"",
                               "propagationPolicy"));
  }
  if (options.gracePeriodSeconds.value_or(0) < 0) options.gracePeriodSeconds = 1;  // as Kubernetes
  return options;
}

}  // namespace cleat::api
