#include "webhook-common/conversion_review.h"

#include <cleat/schema/kinds/open_v1.capnp.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include "policy-common/json_values.h"
#include "policy-common/object_json.h"
#include "policy-common/struct_writer.h"

namespace cleat::webhook {

namespace {

using policy::Document;

std::string textOf(const Document& object, std::string_view name) {
  const Document* member = object.find(name);
  return member ? member->text : std::string();
}

std::string apiVersion(const Conversion& conversion, const std::string& version) {
  return concat(conversion.group, "/", version);
}

std::unexpected<Status> failed(const Conversion& conversion, std::string_view why) {
  return fail(conversionFailure(conversion, why));
}

// What differs and may not; empty: nothing.
std::string touchedMetadata(const Document& metadata, const AnyRef& before) {
  if (textOf(metadata, "name") != before.name()) return "name";
  if (textOf(metadata, "namespace") != before.ns()) return "namespace";
  return textOf(metadata, "uid") != before.uid() ? "uid" : "";
}

// Everything but labels and annotations is as it was.
Result<AnyRef> withOldMetadata(const Document& made, const AnyRef& before) {
  CLEAT_TRY(auto draft, policy::writtenObject(made, std::nullopt));
  auto root = draft.message().getRoot<meta_v1::AnyObject>();
  Draft<meta_v1::ObjectMeta> converted(root.getMetadata().asReader());
  root.setMetadata(before.meta());
  root.getMetadata().setLabels(converted.reader().getLabels());
  root.getMetadata().setAnnotations(converted.reader().getAnnotations());
  return std::move(draft).freezeAny();
}

Result<AnyRef> readObject(JsonView json, const Conversion& conversion, size_t index) {
  const AnyRef& before = conversion.objects[index];
  const std::string at = concat("at index ", index, ": ");
  auto made = policy::documentOf(policy::jsonValue(json));
  if (!made || !made->isObject()) return failed(conversion, concat("returned invalid object ", at, "no object"));
  const std::string expected = apiVersion(conversion, conversion.to), got = textOf(*made, "apiVersion");
  if (got != expected) {
    return failed(conversion, concat("returned invalid converted object ", at, "invalid groupVersion (expected ",
                                     expected, ", received ", got, ")"));
  }
  const std::string kind = textOf(*made, "kind");
  if (kind != conversion.kind) {
    return failed(conversion, concat("returned invalid converted object ", at, "invalid kind (expected ",
                                     conversion.kind, ", received ", kind, ")"));
  }
  static const Document kNone = Document::object();
  const Document* metadata = made->find("metadata");
  const std::string touched = touchedMetadata(metadata ? *metadata : kNone, before);
  if (!touched.empty()) {
    return failed(conversion, concat("returned invalid metadata in object ", at, touched, " mismatch"));
  }
  auto whole = withOldMetadata(*made, before);
  if (!whole) return failed(conversion, concat("returned invalid metadata in object ", at, whole.error().message));
  return whole;
}

// The answer's `response`, after it was found to be one.
Result<JsonView> responseIn(JsonView review, const Conversion& conversion) {
  const auto text = [](const std::optional<JsonView>& member) { return member ? member->text() : std::string_view(); };
  const std::string wanted = concat("apiextensions.k8s.io/", conversion.reviewVersion);
  if (text(review.member("apiVersion")) != wanted || text(review.member("kind")) != "ConversionReview") {
    return failed(conversion, concat("failed: expected webhook response of ", wanted, ", Kind=ConversionReview, got ",
                                     text(review.member("apiVersion")), ", Kind=", text(review.member("kind"))));
  }
  auto response = review.member("response");
  if (!response || !response->isObject()) return failed(conversion, "failed: no response provided");
  const std::string_view uid = text(response->member("uid"));
  if (conversion.reviewVersion == "v1" && uid != conversion.uid) {
    return failed(conversion,
                  concat("failed: expected response.uid=", inQuotes(conversion.uid), ", got ", inQuotes(uid)));
  }
  auto result = response->member("result");
  if (!result || text(result->member("status")) != "Success") {
    const std::string_view why = result ? text(result->member("message")) : std::string_view();
    return failed(conversion, concat("failed: ", why.empty() ? "no reason given" : why));
  }
  return *response;
}

}  // namespace

Status conversionFailure(const Conversion& conversion, std::string_view why) {
  return Status::internal(
      concat("conversion webhook for ", apiVersion(conversion, conversion.from), ", Kind=", conversion.kind, " ", why));
}

Result<std::string> conversionText(const Conversion& conversion) {
  std::string out = concat(R"({"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/)",
                           conversion.reviewVersion, R"(","request":{"uid":)");
  appendJsonText(out, conversion.uid);
  out += R"(,"desiredAPIVersion":)";
  appendJsonText(out, apiVersion(conversion, conversion.to));
  out += R"(,"objects":[)";
  const policy::KindKey kind{conversion.group, conversion.from, conversion.kind};
  for (size_t i = 0; i < conversion.objects.size(); ++i) {
    if (i > 0) out += ',';
    CLEAT_TRY(policy::appendObjectJson(out, conversion.objects[i], kind, true));
  }
  return out + "]}}";
}

Result<std::vector<AnyRef>> readConversion(std::string_view text, const Conversion& conversion) {
  auto parsed = JsonTree::parse(text);
  if (!parsed) return failed(conversion, concat("failed: ", parsed.error().message));
  CLEAT_TRY(const JsonView response, responseIn(parsed->view(), conversion));
  auto objects = response.member("convertedObjects");
  const size_t count = objects ? objects->items().size() : 0;
  if (count != conversion.objects.size()) {
    return failed(conversion, concat("returned ", count, " objects, expected ", conversion.objects.size()));
  }
  std::vector<AnyRef> made;
  for (uint32_t i = 0; i < count; ++i) {
    CLEAT_TRY(AnyRef object, readObject(objects->items()[i], conversion, i));
    made.push_back(std::move(object));
  }
  return made;
}

}  // namespace cleat::webhook
